import type { WindowValues } from "@flyball/telemetry";
import { type Selector, selectorKey } from "./selector.ts";

/** What can be counted of an outcome. Durations are in seconds, money in US dollars. */
export type Field =
  | "outcomes"
  | "ended"
  | "errors"
  | "durations"
  | "duration_seconds"
  | "first_chunks"
  | "first_chunk_seconds"
  | "cost_usd"
  | "unpriced"
  | "avoided_usd"
  | "tokens_input"
  | "tokens_output"
  | "scores"
  | "score_sum"
  | "retries"
  | "refinements";

/**
 * A number that every minute adds to: what Prometheus calls a counter. Every rule is computed from sums of inputs
 * over windows, here and in PromQL, which is why both come to the same verdict.
 */
export interface Input {
  readonly of: Selector;
  readonly field: Field;
  /** Counts only the values of `durations` or `first_chunks` that are at most so many seconds. */
  readonly atMost?: number;
}

export function inputKey({ of, field, atMost }: Input): string {
  return `${field} ${atMost ?? ""} ${selectorKey(of)}`;
}

const readers: Readonly<Record<Field, (values: WindowValues) => number>> = {
  // Skipped nodes are no series in Prometheus either.
  outcomes: (values) => values.count - values.statuses.skipped,
  ended: (values) => values.statuses.ok + values.errors,
  errors: (values) => values.errors,
  durations: (values) => values.duration.count,
  duration_seconds: (values) => values.duration.sum / 1000,
  first_chunks: (values) => values.firstChunk.count,
  first_chunk_seconds: (values) => values.firstChunk.sum / 1000,
  cost_usd: (values) => values.cost.usd,
  unpriced: (values) => values.cost.unpriced,
  avoided_usd: (values) => values.avoided.usd,
  tokens_input: (values) => values.tokens.input,
  tokens_output: (values) => values.tokens.output,
  scores: (values) => values.quality.count,
  score_sum: (values) => (values.quality.mean ?? 0) * values.quality.count,
  retries: (values) => values.retries,
  refinements: (values) => values.refinements,
};

/** What these values add to an input. */
export function readInput({ field, atMost }: Pick<Input, "field" | "atMost">, values: WindowValues): number {
  if (atMost === undefined) return readers[field](values);
  const distribution = field === "first_chunks" ? values.firstChunk : values.duration;
  return distribution.countAtMost(atMost * 1000);
}
