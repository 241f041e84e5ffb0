import {
  compareMeans,
  type Interval,
  type MeanOptions,
  type MeanStatistics,
  quantileLogEvidence,
} from "@flyball/stats";
import type { Metric } from "../metrics/metric.ts";
import { type BinnedDistribution, quantileOf, shiftedDistribution, stepsBetween } from "./distribution.ts";
import { type Arms, armsOf, type TestOptions } from "./harm.ts";
import { plusOneEach, sameMeans } from "./means.ts";
import type { ComparisonTotals } from "./merge.ts";
import { binTop, type MetricTotals } from "./statistics.ts";

/** One arm of one metric. */
export interface ArmFigures {
  /** Units with a number. */
  readonly units: number;
  /** Geometric mean or quantile in milliseconds, share of units, dollars a run, or mean score. */
  readonly value: number;
  /** Units whose number cannot be known: a model without a price. */
  readonly unknown: number;
}

/** What a flag does to one metric: treatment compared with control. */
export interface Effect {
  readonly metric: string;
  readonly control: ArmFigures;
  readonly treatment: ArmFigures;
  /** `relative`: 0.1 is a tenth more than control. `absolute`: in the metric's own unit. */
  readonly scale: "relative" | "absolute";
  /** Holds at every look; undefined while there is too little to say anything. */
  readonly difference: Interval | undefined;
  readonly verdict: Verdict;
}

/**
 * `better` and `worse` when the interval leaves out zero; `unmeasured` when an arm has no numbers, or more than one
 * unit in a hundred has one that cannot be known; `early` below the burn-in; else `open`.
 */
export type Verdict = "better" | "worse" | "open" | "early" | "unmeasured";

export interface EffectOptions extends TestOptions {
  /** Units an arm before a verdict. */
  readonly burnIn: number;
}

/** More unknown numbers than this share make a comparison worthless: they are not missing at random. */
const mostUnknown = 0.01;

export function effectOf(
  metric: Metric,
  totals: ComparisonTotals,
  treatmentShare: number,
  options: EffectOptions,
): Effect {
  const arms = armsOf(totals.control, totals.treatment, metric, treatmentShare);
  const measured = isMeasured(arms);
  const difference = measured ? differenceOf(metric, arms, options) : undefined;
  return {
    metric: metric.name,
    control: figuresOf(metric, arms.control),
    treatment: figuresOf(metric, arms.treatment),
    scale: metric.shape === "event" ? "absolute" : metric.scale,
    difference,
    verdict: measured ? verdictOf(metric, arms, difference, options.burnIn) : "unmeasured",
  };
}

/** The effects on several metrics. */
export function effectsOf(
  metrics: readonly Metric[],
  totals: ComparisonTotals,
  treatmentShare: number,
  { alpha, tightestAt, burnIn }: EffectOptions,
): Effect[] {
  return metrics.map((metric) => effectOf(metric, totals, treatmentShare, { alpha, tightestAt, burnIn }));
}

/** Whether both arms have numbers to compare. */
export function isMeasured({ control, treatment }: Arms): boolean {
  return [control, treatment].every(({ count, unknown }) => count > 0 && unknown <= mostUnknown * (count + unknown));
}

function verdictOf({ harm }: Metric, arms: Arms, difference: Interval | undefined, burnIn: number): Verdict {
  if (!difference || Math.min(arms.control.count, arms.treatment.count) < burnIn) return "early";
  if (difference.lower > 0) return harm === "increase" ? "worse" : "better";
  if (difference.upper < 0) return harm === "increase" ? "better" : "worse";
  return "open";
}

function figuresOf(metric: Metric, totals: MetricTotals): ArmFigures {
  return { units: totals.count, value: figureOf(metric, totals), unknown: totals.unknown };
}

function figureOf({ shape, definition }: Metric, totals: MetricTotals): number {
  if (totals.count === 0) return Number.NaN;
  if (shape === "quantile") return binTop(quantileOf(shiftedDistribution(totals, 0), definition.quantile ?? 0.95));
  const mean = totals.sum / totals.count;
  return shape === "log" ? Math.exp(mean) : mean;
}

const nothing: Interval = { estimate: 0, lower: 0, upper: 0, pValue: 1 };

function differenceOf(metric: Metric, { control, treatment }: Arms, options: TestOptions): Interval | undefined {
  switch (metric.shape) {
    case "log": {
      const logs = meanDifference(control, treatment, options);
      if (!logs) return undefined;
      const { estimate, lower, upper, pValue } = logs;
      return { estimate: Math.expm1(estimate), lower: Math.expm1(lower), upper: Math.expm1(upper), pValue };
    }
    case "mean":
      return meanDifference(control, treatment, { ...options, scale: metric.scale });
    case "event":
      return eventDifference(control, treatment, options);
    case "quantile":
      return quantileDifference(metric, control, treatment, options);
  }
}

function meanDifference(
  control: MeanStatistics,
  treatment: MeanStatistics,
  options: MeanOptions,
): Interval | undefined {
  if (isConstant(control) && isConstant(treatment) && sameMeans(control, treatment)) return nothing;
  return compareMeans(control, treatment, options);
}

/** The width takes one unit with the event and one without more in each arm: none so far is not certainly none ever. */
function eventDifference(control: MetricTotals, treatment: MetricTotals, options: TestOptions): Interval | undefined {
  const interval = compareMeans(plusOneEach(control), plusOneEach(treatment), options);
  return interval && { ...interval, estimate: treatment.sum / treatment.count - control.sum / control.count };
}

/** Every unit has the same number. */
function isConstant({ count, sum, sumOfSquares }: MeanStatistics): boolean {
  return count > 1 && Math.abs(sumOfSquares - (sum * sum) / count) <= 1e-9 * sumOfSquares;
}

/** Every relative difference that the test does not refuse; to a bin's width. */
function quantileDifference(
  { definition }: Metric,
  control: MetricTotals,
  treatment: MetricTotals,
  { alpha }: TestOptions,
): Interval | undefined {
  const quantile = definition.quantile ?? 0.95;
  const one = shiftedDistribution(control, 0);
  const other = shiftedDistribution(treatment, 0);
  const apart = quantileOf(other, quantile) - quantileOf(one, quantile);
  const evidence = (shift: number): number => evidenceAt(one, other, quantile, shift, alpha);
  const goal = Math.log(1 / alpha);
  const reach = (direction: 1 | -1): number => {
    let step = 1;
    while (step < 1_024 && evidence(apart + direction * step) < goal) step *= 2;
    if (step >= 1_024) return Number.POSITIVE_INFINITY;
    let low = Math.floor(step / 2);
    while (step - low > 1) {
      const middle = (low + step) >> 1;
      if (evidence(apart + direction * middle) < goal) low = middle;
      else step = middle;
    }
    return step;
  };
  const relative = (bins: number): number => (Number.isFinite(bins) ? binTop(bins) - 1 : bins < 0 ? -1 : bins);
  return {
    estimate: relative(apart),
    lower: relative(apart - reach(-1)),
    upper: relative(apart + reach(1)),
    pValue: Math.min(1, Math.exp(-evidence(0))),
  };
}

/** ln E of "treatment's quantile is `shift` bins above control's". */
function evidenceAt(
  one: BinnedDistribution,
  other: BinnedDistribution,
  quantile: number,
  shift: number,
  alpha: number,
): number {
  const moved: BinnedDistribution = {
    ...other,
    bins: other.bins.map((bin) => bin - shift),
    countBelow: (position) => other.countBelow(position + shift),
    countAtMost: (position) => other.countAtMost(position + shift),
  };
  const steps = stepsBetween(quantileOf(one, quantile), quantileOf(moved, quantile));
  return quantileLogEvidence(one, moved, quantile, steps, { alpha });
}
