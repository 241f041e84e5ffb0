import { createEmulator, type EmulatorStats, tokenBudget } from "@flyball/models";
import { start } from "@flyball/sdk";
import { budgets } from "./ask.ts";
import { type Complaint, loadSections } from "./data.ts";
import { healthGate } from "./health-gate.ts";
import { embedWith, openKnowledgeBase } from "./knowledge-base.ts";
import { cachedKnowledge } from "./knowledge-cache.ts";
import type { Mode } from "./modes.ts";
import { pacedBy, pacedKnowledge } from "./pace.ts";
import { createStepTimes, type StepTime } from "./step-times.ts";
import { complaintSchema, firWorkflow } from "./workflow.ts";

/** What the reference system's other services took, milliseconds. */
const referenceMs = { process: 500, retrieval: 1_000, document: 1_500, approval: 200 };

export interface MeasureOptions {
  readonly mode: Mode;
  readonly complaints: readonly Complaint[];
  readonly runs: number;
  readonly concurrency: number;
  /** Real milliseconds per reference millisecond. */
  readonly timeScale: number;
  readonly seed: number;
  readonly onRun?: (done: number) => void;
}

export interface Measurement {
  readonly mode: string;
  readonly runs: number;
  readonly failed: number;
  /** By step, and `total`; milliseconds at the reference's speed. */
  readonly steps: readonly StepTime[];
  readonly emulator: EmulatorStats;
  /** Share of the knowledge-base queries that the cache answered; undefined without one. */
  readonly cacheHitRatio: number | undefined;
}

/** A part that is not ready to be measured. */
export class UnhealthyError extends Error {
  constructor(part: string, reason: string) {
    super(`${part} is not healthy: ${reason}`);
    this.name = "UnhealthyError";
  }
}

/**
 * Runs the flow `runs` times against the emulated model server and services, and gives every step's time at the
 * reference's speed. A run's clock stands still while nobody is asked: approvals take the reference's time, too.
 */
export async function measureFlow(options: MeasureOptions): Promise<Measurement> {
  const { mode, complaints, runs, concurrency, timeScale, seed } = options;
  const emulator = createEmulator({ profile: "fir", seed, timeScale });
  const { baseUrl } = await emulator.listen();
  const flyball = await start({
    environment: {},
    listen: false,
    store: { path: ":memory:" },
    cache: { disk: { enabled: false } },
    log: { level: "error" },
  });
  try {
    const models = await flyball.models.client({ baseUrl, name: "emulator", timeoutMs: 600_000 });
    const health = await models.health({ fresh: true });
    if (!health.healthy) throw new UnhealthyError("the model server", health.reason ?? "it does not answer");
    const model = "fir-7b";
    const pace = pacedBy(referenceMs, timeScale);
    const sections = loadSections();
    const opened = await openKnowledgeBase(sections, embedWith(models, model), flyball.telemetry);
    const paced = pacedKnowledge(opened, pace);
    const cached = mode.settings.cache === "on";
    // Loading it takes milliseconds once, which the time scale would show as seconds of the first query.
    if (cached) await flyball.cache.open();
    const knowledge = cached ? cachedKnowledge(paced, { cache: flyball.cache, sections, model }) : paced;
    const budget = tokenBudget(budgets, { tight: () => mode.settings.budgets === "tight" });
    const requireHealthy = healthGate(models, mode.settings.healthChecks);
    const services = { models, model, requireHealthy, budget, knowledge, pace, today: () => new Date() };
    // The timeouts are the reference's, on the emulator's clock; below half a second they would catch this machine's.
    const scaled = (timeoutMs: number): number => Math.max(500, timeoutMs * timeScale);
    const settings = {
      ...mode.settings,
      inferenceTimeoutMs: scaled(mode.settings.inferenceTimeoutMs),
      checkTimeoutMs: scaled(mode.settings.checkTimeoutMs),
    };
    const workflow = firWorkflow(services, settings);
    const times = createStepTimes();
    const steps = new Set(["process", "summary", "retrieval", "checks", "narrative", "document"]);
    let done = 0;
    let failed = 0;
    const different = Math.min(complaints.length, Math.ceil(runs / (mode.times ?? 1)));

    async function one(index: number): Promise<void> {
      const complaint = complaints[index % different] as Complaint;
      const input = complaintSchema.parse({
        id: complaint.id,
        text: complaint.text,
        complainant: complaint.facts.complainant || "unknown",
      });
      const startedAt = performance.now();
      const run = flyball.start(workflow, input, {
        approve: async () => {
          await pace("approval");
          return { approved: true, by: "measurement" };
        },
      });
      const ended = (async () => {
        for await (const event of run.events()) {
          if (event.type === "node-ended" && steps.has(event.path)) times.add(event.path, event.durationMs);
        }
      })();
      const result = await run.result;
      await ended;
      times.add("total", performance.now() - startedAt);
      if (result.status !== "completed") failed++;
      options.onRun?.(++done);
    }

    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < runs) await one(next++);
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, runs) }, worker));
    knowledge.close();
    const cacheHitRatio = flyball.cache.stats()?.hitRatio;
    return { mode: mode.name, runs, failed, steps: times.totals(timeScale), emulator: emulator.stats(), cacheHitRatio };
  } finally {
    await flyball.shutdown();
    await emulator.close();
  }
}
