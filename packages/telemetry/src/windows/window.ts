import type { Sketch } from "@flyball/stats";
import type { OutcomeStatus } from "../outcome.ts";
import { type Aggregate, slot } from "./aggregate.ts";
import type { SeriesKey } from "./series.ts";

/** How values spread, milliseconds. Quantiles are within 1 %; all are undefined when there was no value. */
export interface Distribution {
  readonly count: number;
  readonly sum: number;
  readonly mean: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  quantile(q: number): number | undefined;
  /** How many values were at most so many milliseconds, within 1 % of the bound. */
  countAtMost(ms: number): number;
}

/** What happened in a stretch of time. */
export interface WindowValues {
  /** All outcomes, whatever their status. */
  readonly count: number;
  /** Outcomes that failed or timed out. */
  readonly errors: number;
  /** Errors as a share of what ran to an end (ok, error, timeout); undefined when nothing did. */
  readonly errorRate: number | undefined;
  readonly statuses: Readonly<Record<OutcomeStatus, number>>;
  /** Of what ran to an end: skipped, suspended and cancelled operations say nothing about speed. */
  readonly duration: Distribution;
  /** Time to the first chunk of streamed answers. */
  readonly firstChunk: Distribution;
  /** `input` includes what was read from or written to the provider's cache; `output` includes reasoning. */
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
    readonly reasoning: number;
    /** Outcomes whose tokens were counted by us, because the provider gave none. */
    readonly estimated: number;
  };
  /** US dollars, of outcomes whose price is known; how many those are, and how many not. */
  readonly cost: { readonly usd: number; readonly priced: number; readonly unpriced: number };
  /** What caches saved, apart from cost. */
  readonly avoided: { readonly count: number; readonly usd: number; readonly ms: number };
  readonly quality: { readonly count: number; readonly mean: number | undefined };
  /** Tries beyond the first. */
  readonly retries: number;
  /** Outcomes of a second or later turn of a refinement loop. */
  readonly refinements: number;
}

export interface Window extends WindowValues {
  readonly from: number;
  readonly to: number;
}

/** One minute (or hour) of a window. */
export interface WindowPoint extends WindowValues {
  readonly at: number;
}

/** The share of one series in a window. */
export interface SeriesWindow extends SeriesKey, WindowValues {}

export function valuesOf(aggregate: Aggregate): WindowValues {
  const { sums } = aggregate;
  const sum = (name: keyof typeof slot): number => sums[slot[name]] as number;
  const errors = sum("error") + sum("timeout");
  const ended = sum("ok") + errors;
  const statuses = {
    ok: sum("ok"),
    error: sum("error"),
    timeout: sum("timeout"),
    cancelled: sum("cancelled"),
    skipped: sum("skipped"),
    suspended: sum("suspended"),
  };
  return {
    count: ended + statuses.cancelled + statuses.skipped + statuses.suspended,
    errors,
    errorRate: ended === 0 ? undefined : errors / ended,
    statuses,
    duration: distributionOf(aggregate.duration),
    firstChunk: distributionOf(aggregate.firstChunk),
    tokens: {
      input: sum("inputTokens"),
      output: sum("outputTokens"),
      cacheRead: sum("cacheReadTokens"),
      cacheWrite: sum("cacheWriteTokens"),
      reasoning: sum("reasoningTokens"),
      estimated: sum("estimated"),
    },
    cost: { usd: sum("costUsd"), priced: sum("priced"), unpriced: sum("unpriced") },
    avoided: { count: sum("avoided"), usd: sum("avoidedUsd"), ms: sum("avoidedMs") },
    quality: { count: sum("scores"), mean: sum("scores") === 0 ? undefined : sum("qualitySum") / sum("scores") },
    retries: sum("retries"),
    refinements: sum("refinements"),
  };
}

function distributionOf(sketch: Sketch): Distribution {
  const { count, sum } = sketch;
  return {
    count,
    sum,
    mean: count === 0 ? undefined : sum / count,
    min: sketch.min,
    max: sketch.max,
    p50: sketch.quantile(0.5),
    p95: sketch.quantile(0.95),
    p99: sketch.quantile(0.99),
    quantile: (q) => sketch.quantile(q),
    countAtMost: (ms) => sketch.countAtMost(ms),
  };
}
