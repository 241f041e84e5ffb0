import type { OperationKind } from "@flyball/telemetry";
import type { Field, Input } from "./input.ts";
import type { Selector } from "./selector.ts";

/** What a rule can watch. */
export type Metric =
  | "duration"
  | "first_chunk"
  | "count"
  | "errors"
  | "error_rate"
  | "retry_rate"
  | "refinement_rate"
  | "ratio"
  | "cost"
  | "cost_per_run"
  | "unpriced"
  | "avoided_cost"
  | "input_tokens"
  | "output_tokens"
  | "quality";

/** How values are put into one: a quantile, or the mean (the default of durations). */
export type Statistic = "mean" | "p50" | "p90" | "p95" | "p99";

/** One number of a window. Durations are in seconds, money in US dollars, rates and scores between 0 and 1. */
export interface Measure extends Selector {
  readonly metric: Metric;
  /** Of `duration` and `first_chunk`. Default `mean`. */
  readonly statistic?: Statistic;
  /** Of `ratio`: the outcomes that count, out of the measure's own. */
  readonly part?: Selector;
  /** Sums (`cost`, `count`, tokens …) as a rate: what the window would come to in an hour or a day. */
  readonly per?: "hour" | "day";
}

/** How the value is written: seconds, dollars, a share, or a plain number. */
export type Unit = "seconds" | "usd" | "share" | "score" | "number";

/** A measure taken apart: sums, a quotient of sums, or the quantile of a distribution. */
export type Parts =
  | { readonly type: "sum"; readonly sum: Input }
  | { readonly type: "quotient"; readonly over: Input; readonly under: Input }
  | { readonly type: "quantile"; readonly q: number; readonly values: Input };

interface Definition {
  readonly unit: Unit;
  readonly over: Field;
  /** Absent for sums. */
  readonly under?: Field;
  /** What `under` counts, when not the measure's own kind. */
  readonly underKind?: OperationKind;
}

const definitions: Readonly<Record<Metric, Definition>> = {
  duration: { unit: "seconds", over: "duration_seconds", under: "durations" },
  first_chunk: { unit: "seconds", over: "first_chunk_seconds", under: "first_chunks" },
  count: { unit: "number", over: "outcomes" },
  errors: { unit: "number", over: "errors" },
  error_rate: { unit: "share", over: "errors", under: "ended" },
  retry_rate: { unit: "share", over: "retries", under: "ended" },
  refinement_rate: { unit: "share", over: "refinements", under: "ended" },
  ratio: { unit: "share", over: "outcomes", under: "outcomes" },
  cost: { unit: "usd", over: "cost_usd" },
  cost_per_run: { unit: "usd", over: "cost_usd", under: "outcomes", underKind: "run" },
  unpriced: { unit: "number", over: "unpriced" },
  avoided_cost: { unit: "usd", over: "avoided_usd" },
  input_tokens: { unit: "number", over: "tokens_input" },
  output_tokens: { unit: "number", over: "tokens_output" },
  quality: { unit: "score", over: "score_sum", under: "scores" },
};

export const metrics: readonly Metric[] = Object.keys(definitions) as Metric[];
export const statistics: readonly Statistic[] = ["mean", "p50", "p90", "p95", "p99"];

export function unitOf({ metric }: Measure): Unit {
  return definitions[metric].unit;
}

/** Whether the measure grows with the window, so that `per` makes sense. */
export function isSum({ metric }: Measure): boolean {
  return definitions[metric].under === undefined;
}

/** The outcomes that a measure is about, without how it is measured. */
export function selectorOf({ kind, name, except, labels }: Measure): Selector {
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(name === undefined ? {} : { name }),
    ...(except === undefined ? {} : { except }),
    ...(labels === undefined ? {} : { labels }),
  };
}

export function partsOf(measure: Measure): Parts {
  const { over, under, underKind } = definitions[measure.metric];
  const of = selectorOf(measure);
  const quantile = quantileOf(measure);
  if (quantile !== undefined && under) return { type: "quantile", q: quantile, values: { of, field: under } };
  if (!under) return { type: "sum", sum: { of, field: over } };
  const overOf = measure.part ? { ...of, ...measure.part, labels: { ...of.labels, ...measure.part.labels } } : of;
  const underOf = underKind ? { ...of, kind: underKind } : of;
  return { type: "quotient", over: { of: overOf, field: over }, under: { of: underOf, field: under } };
}

/** 0.95 for `p95`; undefined for what is no quantile. */
export function quantileOf({ statistic }: Measure): number | undefined {
  return statistic === undefined || statistic === "mean" ? undefined : Number(statistic.slice(1)) / 100;
}

/** What a sum over so many minutes is multiplied with. */
export function scaleOf({ per }: Measure, minutes: number): number {
  if (per === undefined) return 1;
  return (per === "hour" ? 60 : 1_440) / minutes;
}
