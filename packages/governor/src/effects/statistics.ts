import type { Metric } from "../metrics/metric.ts";

export type ComparedArm = "control" | "treatment";

/** What one unit has contributed so far: its arm, and sum and count by metric key. */
export interface UnitRecord {
  readonly arm: ComparedArm;
  readonly values: Readonly<Record<string, readonly [sum: number | null, count: number]>>;
}

/** Sufficient statistics of one metric in one arm, over units' numbers. */
export interface MetricTotals {
  /** Units with a number. */
  count: number;
  sum: number;
  sumOfSquares: number;
  /** Units whose number cannot be known: a model without a price. */
  unknown: number;
  /** For quantiles: how many units by bin, see `binOf`. */
  bins?: Record<string, number>;
}

export interface ArmTotals {
  /** Units seen, with a number or without. */
  units: number;
  metrics: Record<string, MetricTotals>;
}

/** Ratio of a bin's edges: what a quantile is known to. */
const binRatio = 1.01;
const logBinRatio = Math.log(binRatio);

/** The bin of a value above zero: bin b holds values above ratio^(b−1) and at most ratio^b. */
export function binOf(value: number): number {
  return Math.ceil(Math.log(Math.max(value, 1e-9)) / logBinRatio - 1e-9);
}

/** The largest value of a bin. */
export function binTop(bin: number): number {
  return Math.exp(bin * logBinRatio);
}

/** How many bins wide a relative difference is, rounded up. */
export function binsWide(relative: number): number {
  return Math.ceil(Math.log1p(relative) / logBinRatio - 1e-9);
}

/** A unit's one number; undefined while it has none, NaN when it cannot be known. */
export function numberOf({ shape }: Metric, sum: number, count: number): number | undefined {
  if (Number.isNaN(sum)) return Number.NaN;
  if (count === 0) return undefined;
  return shape === "event" ? Math.min(1, sum) : sum / count;
}

export function noTotals(): ArmTotals {
  return { units: 0, metrics: {} };
}

/** Takes a unit's number out of the totals (`by` −1) or puts it in (`by` +1). */
export function tally(totals: ArmTotals, metric: Metric, value: number | undefined, by: 1 | -1): void {
  if (value === undefined) return;
  const of = totals.metrics[metric.key] ?? { count: 0, sum: 0, sumOfSquares: 0, unknown: 0 };
  totals.metrics[metric.key] = of;
  if (Number.isNaN(value)) {
    of.unknown += by;
    return;
  }
  of.count += by;
  of.sum += by * value;
  of.sumOfSquares += by * value * value;
  if (metric.shape !== "quantile") return;
  of.bins ??= {};
  const bin = binOf(value);
  const left = (of.bins[bin] ?? 0) + by;
  if (left === 0) delete of.bins[bin];
  else of.bins[bin] = left;
}
