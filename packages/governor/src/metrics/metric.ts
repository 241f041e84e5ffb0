import type { OperationKind } from "@flyball/telemetry";

/**
 * What is measured of one unit.
 *
 * | measure | the unit's number | harm | compared |
 * |---|---|---|---|
 * | `duration` | mean of ln(ms) over its operations | longer | relative: ratio of geometric means |
 * | `duration_quantile` | mean ms of its operations | longer | relative: ratio of the arms' quantiles over units |
 * | `errors` | 1 once an operation failed or timed out | more | share of units |
 * | `slower_than` | 1 once an operation took longer than `milliseconds` | more | share of units |
 * | `cost` | US dollars a run, all operations inside it | more | relative |
 * | `quality` | mean score between 0 and 1 | less | absolute |
 */
export interface MetricDefinition {
  readonly measure: "duration" | "duration_quantile" | "errors" | "slower_than" | "cost" | "quality";
  /** Which operations. Default `run`; `cost` is always of runs, and `quality` of all kinds unless told. */
  readonly kind?: OperationKind | undefined;
  /** Only operations of this name: a node's, a workflow's. */
  readonly name?: string | undefined;
  /** For `duration_quantile`. Default 0.95. */
  readonly quantile?: number | undefined;
  /** For `slower_than`. */
  readonly milliseconds?: number | undefined;
  /** For `quality`: only this scorer's scores. */
  readonly scorer?: string | undefined;
}

/** How a unit's operations become its one number, and arms are compared. */
export type MetricShape = "mean" | "log" | "event" | "quantile";

export interface Metric {
  /** As plans call it. */
  readonly name: string;
  readonly definition: MetricDefinition;
  /** What its numbers are stored under: two definitions never share one. */
  readonly key: string;
  readonly shape: MetricShape;
  readonly harm: "increase" | "decrease";
  readonly scale: "relative" | "absolute";
}

/** Metrics that every plan may name. */
export const standardMetrics: Readonly<Record<string, MetricDefinition>> = {
  latency: { measure: "duration" },
  latency_p95: { measure: "duration_quantile", quantile: 0.95 },
  errors: { measure: "errors" },
  cost: { measure: "cost" },
  quality: { measure: "quality" },
};

const shapes: Readonly<Record<MetricDefinition["measure"], Pick<Metric, "shape" | "harm" | "scale">>> = {
  duration: { shape: "log", harm: "increase", scale: "relative" },
  duration_quantile: { shape: "quantile", harm: "increase", scale: "relative" },
  errors: { shape: "event", harm: "increase", scale: "absolute" },
  slower_than: { shape: "event", harm: "increase", scale: "absolute" },
  cost: { shape: "mean", harm: "increase", scale: "relative" },
  quality: { shape: "mean", harm: "decrease", scale: "absolute" },
};

export function metricOf(name: string, definition: MetricDefinition): Metric {
  const { measure, kind, name: operation, quantile, milliseconds, scorer } = definition;
  const facts = [measure, kind, operation, quantile, milliseconds, scorer].map((fact) => fact ?? "");
  return { name, definition, key: facts.join("|").replace(/\|+$/, ""), ...shapes[measure] };
}

/** What a flag is measured by when no plan says otherwise. */
export const defaultMetrics: readonly Metric[] = Object.entries(standardMetrics).map(([name, definition]) =>
  metricOf(name, definition),
);
