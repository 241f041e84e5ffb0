// Prints FirFigures as JSON. Arguments: a folder for the store.
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createEngine, type Engine } from "@flyball/engine";
import {
  createModelClient,
  createScriptedProvider,
  type ModelClient,
  type Provider,
  type ScriptedProvider,
  tokenBudget,
} from "@flyball/models";
import { type Flyball, start } from "@flyball/sdk";
import { budgets } from "../../../examples/fir/src/ask.ts";
import { tinyModel, tinyProvider } from "../../../examples/fir/src/connect.ts";
import { loadComplaints, loadSections } from "../../../examples/fir/src/data.ts";
import { healthGate } from "../../../examples/fir/src/health-gate.ts";
import { embedWith, type KnowledgeBase, openKnowledgeBase } from "../../../examples/fir/src/knowledge-base.ts";
import { unpaced } from "../../../examples/fir/src/pace.ts";
import { settingsSchema } from "../../../examples/fir/src/settings.ts";
import { complaintSchema, firWorkflow } from "../../../examples/fir/src/workflow.ts";
import { median } from "../measure.ts";
import type { FirFigures } from "./fir.ts";

const folder = process.argv[2] as string;
const sections = loadSections();
const complaints = loadComplaints(sections).map(({ id, text }) =>
  complaintSchema.parse({ id, text, complainant: "A" }),
);
const settings = settingsSchema.parse({});
// Retrieval is taken out of the comparison: it is the same work either way, and ten times the rest.
const knowledge: KnowledgeBase = {
  search: async (_texts, limit) => sections.slice(0, limit).map((section) => ({ section, score: 1 })),
  close() {},
};

function flow(models: ModelClient, model: string, retrieval: KnowledgeBase) {
  const budget = tokenBudget(budgets);
  return firWorkflow(
    {
      models,
      model,
      requireHealthy: healthGate(models, "cached"),
      budget,
      knowledge: retrieval,
      pace: unpaced,
      today: () => new Date(),
    },
    settings,
  );
}

/** A model that answers at once: what is measured is everything around it. */
function scripted(): ScriptedProvider {
  return createScriptedProvider({
    answers: [{ when: /yes or no/, text: "no" }, "A summary of the complaint."],
  });
}

/** The same at a twentieth of the reference's times, which vary as a real model's do; equal ones would come in bursts. */
function paced(): Provider {
  const provider = scripted();
  let seed = 1;
  const vary = (milliseconds: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return milliseconds * (0.7 + (0.6 * seed) / 2_147_483_647);
  };
  return {
    ...provider,
    async *stream(request) {
      const check = (request.maxTokens ?? 0) < 10;
      await new Promise((resolve) => setTimeout(resolve, vary(check ? 40 : 175)));
      yield* provider.stream(request);
    },
  };
}

type Flow = ReturnType<typeof flow>;

async function runOnce(engine: Pick<Engine, "run">, workflow: Flow, index: number): Promise<void> {
  const complaint = complaints[index % complaints.length] as (typeof complaints)[number];
  const approve = () => ({ approved: true, by: "bench" });
  const result = await engine.run(workflow, complaint, { approve, unit: complaint.id });
  if (result.status !== "completed") throw new Error(`the run ended ${result.status}`, { cause: result });
}

async function cpuMs(work: () => Promise<void>, runs: number): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < runs; index++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / runs;
}

async function overhead(flyball: Flyball): Promise<Pick<FirFigures, "bareMs" | "observedMs">> {
  const bareEngine = createEngine();
  const bareFlow = flow(createModelClient({ provider: scripted() }), "scripted", knowledge);
  const observedFlow = flow(await flyball.models.client({ provider: scripted() }), "scripted", knowledge);
  const bare = () => runOnce(bareEngine, bareFlow, 0);
  const observed = () => runOnce(flyball, observedFlow, 0);
  await cpuMs(bare, 300);
  await cpuMs(observed, 300);
  const rounds = { bare: [] as number[], observed: [] as number[] };
  for (let round = 0; round < 9; round++) {
    rounds.bare.push(await cpuMs(bare, 100));
    rounds.observed.push(await cpuMs(observed, 100));
  }
  return { bareMs: median(rounds.bare), observedMs: median(rounds.observed) };
}

async function flowTime(flyball: Flyball): Promise<number> {
  const models = await flyball.models.client({ provider: tinyProvider() });
  const real = await openKnowledgeBase(sections, embedWith(models, tinyModel), flyball.telemetry);
  const workflow = flow(models, tinyModel, real);
  const times: number[] = [];
  for (let index = 0; index < 5; index++) {
    const startedAt = performance.now();
    await runOnce(flyball, workflow, index);
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

async function loopDelay(flyball: Flyball): Promise<number> {
  const workflow = flow(await flyball.models.client({ provider: paced() }), "scripted", knowledge);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < 500) await runOnce(flyball, workflow, next++);
  };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await Promise.all(Array.from({ length: 50 }, worker));
  delay.disable();
  return delay.percentile(99) / 1e6;
}

async function retained(flyball: Flyball): Promise<number> {
  const workflow = flow(await flyball.models.client({ provider: scripted() }), "scripted", knowledge);
  const heap = async (): Promise<number> => {
    await flyball.telemetry.flush(10_000);
    for (let times = 0; times < 3; times++) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return process.memoryUsage().heapUsed / 1e6;
  };
  for (let index = 0; index < 1_000; index++) await runOnce(flyball, workflow, index);
  const before = await heap();
  for (let index = 0; index < 10_000; index++) await runOnce(flyball, workflow, index);
  return (await heap()) - before;
}

const flyball = await start({
  store: { path: join(folder, "fir.db") },
  listen: false,
  environment: {},
  log: { level: "error" },
});
const cost = await overhead(flyball);
const figures: FirFigures = {
  ...cost,
  delayP99Ms: await loopDelay(flyball),
  retainedMb: await retained(flyball),
  flowMs: await flowTime(flyball),
};
await flyball.shutdown();
process.stdout.write(JSON.stringify(figures));
process.exit(0);
