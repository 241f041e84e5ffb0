import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine } from "@flyball/engine";
import { start } from "@flyball/sdk";
import { type Measured, measure, type Subject } from "../measure.ts";
import { plain } from "../peers/plain.ts";
import type { EngineSubject } from "../peers/subject.ts";
import type { Figure, SuiteResult } from "../report.ts";
import { bareFlyball, flyball as subjectOf } from "./engine-flyball.ts";

const nodes = { line: 10, fan: 12 } as const;

/** Overhead per node against plain functions and three engines, on the same line and the same fan. */
export async function suite(): Promise<SuiteResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "flyball-bench-"));
  const flyball = await start({ store: { path: join(folder, "bench.db") }, log: { level: "error" }, environment: {} });
  try {
    const { telemetry, checkpoints } = flyball;
    const observed = subjectOf("Flyball, timeout, retry, span, metrics, windows", createEngine({ telemetry }), true);
    const kept = subjectOf("Flyball, all that and a checkpoint a node", createEngine({ telemetry, checkpoints }), true);
    const subjects = [plain, bareFlyball, observed, kept, ...(await peers())];
    return [await shape("line", subjects), await shape("fan", subjects)];
  } finally {
    await flyball.shutdown();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Loaded by name, because what they import is installed by `npm run bench` alone and unknown to the type check. */
async function peers(): Promise<EngineSubject[]> {
  const subjects: EngineSubject[] = [];
  for (const name of ["effect", "mastra", "langgraph"]) {
    const module = (await import(`../peers/${name}.ts`)) as Readonly<Record<string, EngineSubject>>;
    subjects.push(...Object.values(module));
  }
  return subjects;
}

async function shape(kind: "line" | "fan", subjects: readonly EngineSubject[]): Promise<SuiteResult> {
  const measured = await measure(subjects.map((subject) => repeated(subject, kind)));
  const baseline = measured[0] as Measured;
  const perNode = (one: Measured): number => (one.cpuMicros - baseline.cpuMicros) / nodes[kind];
  const observed = perNode(measured[2] as Measured);
  const goals: Readonly<Record<string, number>> = {
    [bareFlyball.name]: 1,
    "Flyball, timeout, retry, span, metrics, windows": 8,
  };
  const figures = measured.slice(1).map((one): Figure => {
    const goal = kind === "line" ? goals[one.name] : undefined;
    const ratio = `${one.ratio.toFixed(1)}× plain`;
    return { name: one.name, value: perNode(one), unit: "µs/node", note: ratio, ...(goal ? { atMost: goal } : {}) };
  });
  figures.push({
    name: "a checkpoint, beyond the rest",
    value: perNode(measured[3] as Measured) - observed,
    unit: "µs/node",
    ...(kind === "line" ? { atMost: 60 } : {}),
  });
  return { suite: `engine: ${kind === "line" ? "ten nodes in a line" : "one to ten and a join"}, CPU added`, figures };
}

function repeated(subject: EngineSubject, kind: "line" | "fan"): Subject {
  return {
    name: subject.name,
    async run(times) {
      for (let index = 0; index < times; index++) await subject[kind]();
    },
  };
}
