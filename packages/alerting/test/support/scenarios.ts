import type { OutcomeStatus } from "@flyball/telemetry";
import { probeName } from "../../src/index.ts";
import { type RecordedOperation, run, times } from "./readings.ts";
import type { Phase } from "./two-worlds.ts";

const inRun = { run: { runId: "r", workflow: "fir" } } as const;

function model(seconds: number, more: Partial<RecordedOperation> = {}): RecordedOperation {
  return { kind: "model", name: "m", model: "m", provider: "p", ...inRun, durationMs: seconds * 1000, ...more };
}

function priced(usd: number): RecordedOperation {
  return model(2, { cost: { priced: true, usd, priceTable: "test" } });
}

function lookup(result: "hit" | "miss", cache = "answers"): RecordedOperation {
  return { kind: "cache", name: cache, labels: { level: "memory", result }, durationMs: 1 };
}

function score(name: string, value: number): RecordedOperation {
  return { kind: "evaluation", name, ...inRun, durationMs: 0, quality: [{ name, score: value }] };
}

function scoring(status: OutcomeStatus): RecordedOperation {
  return { kind: "evaluation", name: "accuracy", ...inRun, durationMs: 5, status };
}

function node(iteration: number): RecordedOperation {
  return { kind: "node", name: "draft[]", ...inRun, durationMs: 1000, iteration };
}

function probe(part: string, status: OutcomeStatus): RecordedOperation {
  return { kind: "tool", name: probeName(part), durationMs: 5, status };
}

interface Scenario {
  /** What happens in the first minute only, so that Prometheus knows every series before it matters. */
  readonly first?: readonly RecordedOperation[];
  readonly good: readonly RecordedOperation[];
  readonly bad: readonly RecordedOperation[];
  /** Minutes of the rule's window. */
  readonly window: number;
  readonly badMinutes?: number;
}

const health = (part: string): Scenario => ({
  first: [probe(part, "error")],
  good: times(2, probe(part, "ok")),
  bad: times(2, probe(part, "error")),
  window: 5,
});

const mixed = (count: number, a: RecordedOperation, other: number, b: RecordedOperation) => [
  ...times(count, a),
  ...times(other, b),
];

/** For each default rule: what is well, and what is not. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  "run-latency": { good: times(4, run(2)), bad: mixed(3, run(2), 1, run(41)), window: 15 },
  "run-errors": {
    first: [...times(60, run(2)), run(1, "error"), run(1, "timeout")],
    good: times(4, run(2)),
    bad: mixed(3, run(2), 1, run(2, "error")),
    window: 15,
  },
  "model-latency": { good: times(4, model(2)), bad: mixed(3, model(2), 2, model(21)), window: 15 },
  "model-retries": {
    first: [model(2, { attempts: 2 })],
    good: times(4, model(2)),
    bad: mixed(3, model(2), 1, model(2, { attempts: 3 })),
    window: 15,
  },
  "hourly-cost": { good: [priced(0.015625)], bad: [priced(0.25)], window: 60 },
  "cost-projection": { good: [priced(0.015625)], bad: [priced(0.25)], window: 360, badMinutes: 90 },
  "cache-hit-rate": {
    good: mixed(8, lookup("hit"), 2, lookup("miss")),
    bad: mixed(1, lookup("hit"), 9, lookup("miss")),
    window: 60,
  },
  "cost-per-run": { good: [run(2), priced(0.0625)], bad: [run(2), priced(0.5)], window: 60 },
  "quality-score": { good: [score("accuracy", 0.875)], bad: [score("accuracy", 0.375)], window: 60 },
  "refinement-rate": {
    first: [node(2)],
    good: times(3, node(1)),
    bad: mixed(2, node(1), 2, node(2)),
    window: 60,
  },
  "first-pass-acceptance": { good: [score("first_pass", 1)], bad: [score("first_pass", 0)], window: 60 },
  "scoring-errors": {
    first: [scoring("error")],
    good: times(2, scoring("ok")),
    bad: [scoring("ok"), scoring("error")],
    window: 60,
  },
  "redis-health": health("redis"),
  "vector-store-health": health("vector-store"),
  "model-provider-health": health("model-provider"),
  "document-latency": { good: times(4, run(20)), bad: mixed(3, run(20), 1, run(31)), window: 15 },
  "document-errors": {
    first: [...times(60, run(2)), run(1, "error")],
    good: times(4, run(2)),
    bad: mixed(3, run(2), 1, run(2, "error")),
    window: 15,
  },
  "knowledge-base-cache": {
    good: mixed(3, lookup("hit", "knowledge-base"), 1, lookup("miss", "knowledge-base")),
    bad: mixed(1, lookup("hit", "knowledge-base"), 3, lookup("miss", "knowledge-base")),
    window: 60,
  },
  "model-server-health": health("model-server"),
};

function request(seconds: number): RecordedOperation {
  const labels = { method: "POST", route: "/analyze", status_code: "200" };
  return { kind: "http", name: "POST /analyze", labels, durationMs: seconds * 1000 };
}

/** For each ready-made objective: what keeps it, and what burns its budget. Pages see an hour of it, tickets a day. */
export const objectiveScenarios: Readonly<Record<string, Pick<Scenario, "first" | "good" | "bad">>> = {
  "fir-latency-p95": { good: times(2, run(20)), bad: times(2, run(26)) },
  "fir-latency-p99": { good: times(2, run(20)), bad: [run(20), run(31)] },
  "fir-success": {
    first: [run(1, "error"), ...times(60, run(2))],
    good: times(2, run(2)),
    bad: times(2, run(2, "error")),
  },
  "consulting-latency-p50": { good: [request(1)], bad: times(20, request(5)) },
  "consulting-latency-p95": { good: times(2, request(1)), bad: times(2, request(11)) },
  "consulting-latency-p99": { good: times(2, request(1)), bad: [request(1), request(31)] },
  "consulting-uptime": {
    first: [probe("consulting", "error"), ...times(1_200, probe("consulting", "ok"))],
    good: times(2, probe("consulting", "ok")),
    bad: [probe("consulting", "ok"), probe("consulting", "error")],
  },
};

/** Well, unwell, and well again, each for longer than the window. */
export function phasesOf({ first = [], good, bad, window, badMinutes }: Scenario): Phase[] {
  return [
    { minutes: 1, each: [...first, ...good] },
    { minutes: window + 14, each: good },
    { minutes: badMinutes ?? window + 10, each: bad },
    { minutes: window + 25, each: good },
  ];
}
