import type { OperationKind, Outcome } from "@flyball/telemetry";
import type { Metric } from "./metric.ts";

/**
 * Adds what an outcome says to a unit's pair of numbers: `values[at]` is a sum, `values[at + 1]` how many it is the
 * sum of. NaN in the sum means that the number cannot be known, and stays.
 */
export type Observer = (outcome: Outcome, values: Float64Array) => void;

const kinds: readonly OperationKind[] = [
  "run",
  "node",
  "model",
  "embedding",
  "retrieval",
  "tool",
  "cache",
  "database",
  "http",
  "evaluation",
];
/** Kinds that enclose others: what those inside them cost is not counted again. */
const enclosing: ReadonlySet<OperationKind> = new Set(["run", "node", "http"]);
/** Shorter is measured as this, milliseconds: a logarithm needs something above zero. */
const shortestMs = 0.01;

/** Observers by kind of operation; kinds that no metric looks at are absent. */
export function observersOf(metrics: readonly Metric[]): ReadonlyMap<OperationKind, readonly Observer[]> {
  const byKind = new Map<OperationKind, Observer[]>();
  for (const [index, metric] of metrics.entries()) {
    for (const kind of kinds) {
      const observe = observerOf(metric, kind, index * 2);
      if (observe) byKind.set(kind, [...(byKind.get(kind) ?? []), observe]);
    }
  }
  return byKind;
}

function observerOf({ definition }: Metric, kind: OperationKind, at: number): Observer | undefined {
  const { measure, name } = definition;
  if (measure === "cost") return costObserver(kind, at);
  if (definition.kind === undefined ? measure !== "quality" && kind !== "run" : definition.kind !== kind) {
    return undefined;
  }
  const observe = measureObserver(definition, at);
  if (name === undefined) return observe;
  return (outcome, values) => {
    if (outcome.name === name) observe(outcome, values);
  };
}

function measureObserver({ measure, milliseconds = 0, scorer }: Metric["definition"], at: number): Observer {
  switch (measure) {
    case "duration":
      return (outcome, values) => {
        if (!timed(outcome)) return;
        add(values, at, Math.log(Math.max(outcome.durationMs, shortestMs)));
      };
    case "duration_quantile":
      return (outcome, values) => {
        if (timed(outcome)) add(values, at, outcome.durationMs);
      };
    case "errors":
      return (outcome, values) => {
        if (finished(outcome)) add(values, at, failed(outcome) ? 1 : 0);
      };
    case "slower_than":
      return (outcome, values) => {
        if (timed(outcome)) add(values, at, outcome.durationMs > milliseconds ? 1 : 0);
      };
    case "quality":
      return (outcome, values) => {
        for (const score of outcome.quality ?? []) {
          const wanted = scorer === undefined || score.name === scorer;
          if (wanted && Number.isFinite(score.score)) add(values, at, score.score);
        }
      };
    case "cost":
      throw new TypeError("cost is observed by costObserver");
  }
}

/** Dollars come from the operations, and are divided by runs. An unknown price makes the unit's cost unknown. */
function costObserver(kind: OperationKind, at: number): Observer | undefined {
  if (kind === "run") {
    return (outcome, values) => {
      if (finished(outcome)) (values[at + 1] as number) += 1;
    };
  }
  if (enclosing.has(kind)) return undefined;
  return ({ cost }, values) => {
    if (cost) (values[at] as number) += cost.priced ? cost.usd : Number.NaN;
  };
}

function add(values: Float64Array, at: number, value: number): void {
  (values[at] as number) += value;
  (values[at + 1] as number) += 1;
}

function failed({ status }: Outcome): boolean {
  return status === "error" || status === "timeout";
}

/** A cancelled run says nothing of the arm: its caller left. A suspended one is not at its end. */
function finished({ status }: Outcome): boolean {
  return status === "ok" || status === "error" || status === "timeout";
}

/** A failure's duration is not how long the work takes; a timeout's is at least that. */
function timed({ status, durationMs }: Outcome): boolean {
  return (status === "ok" || status === "timeout") && durationMs >= 0 && durationMs < Number.POSITIVE_INFINITY;
}
