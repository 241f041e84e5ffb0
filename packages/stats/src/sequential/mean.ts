/** What is kept of one arm: enough for its mean and variance, and mergeable by adding. */
export interface MeanStatistics {
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** Successes of one arm, for rates. Their variance is p(1 − p), without a sample's correction. */
export interface ProportionStatistics {
  readonly count: number;
  readonly successes: number;
}

export type ArmStatistics = MeanStatistics | ProportionStatistics;

/** Absolute: treatment − control. Relative: (treatment − control) / control, by the delta method. */
export type Scale = "absolute" | "relative";

export interface MeanOptions {
  /** Default `absolute`. */
  readonly scale?: Scale;
  /** Chance that the interval ever misses, over all looks. Default 0.05. */
  readonly alpha?: number;
  /** The number of units, both arms together, at which the interval is tightest. Default 5000. */
  readonly tightestAt?: number;
}

/** An interval that holds at every look at once. */
export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  /** Always-valid p-value of "no difference". */
  readonly pValue: number;
}

/** One-sided bounds, each of its own level α. */
export interface OneSided {
  readonly estimate: number;
  /** The difference is at least this. */
  readonly atLeast: number;
  /** Always-valid p-value of "the difference is at most zero". */
  readonly pGreater: number;
  /** The difference is at most this. */
  readonly atMost: number;
  /** Always-valid p-value of "the difference is at least zero". */
  readonly pLess: number;
}

/**
 * ρ of the asymptotic confidence sequence that is tightest at `tightestAt` units.
 * Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic confidence
 * sequences", arXiv 2103.06476, section B.2. A one-sided sequence of level α takes ρ of 2α.
 */
export function tightness(tightestAt: number, alpha: number): number {
  const twiceLog = -2 * Math.log(alpha);
  return Math.sqrt((twiceLog + Math.log(1 + twiceLog)) / tightestAt);
}

/** How many standard errors the two-sided interval reaches after `count` units. Same source, theorem 2.2. */
export function twoSidedMultiplier(count: number, tightestAt: number, alpha: number): number {
  const growth = count * tightness(tightestAt, alpha) ** 2;
  return Math.sqrt(((2 * (growth + 1)) / growth) * Math.log(Math.sqrt(growth + 1) / alpha));
}

/** How many standard errors a one-sided bound reaches after `count` units. Same source, proposition B.1. */
export function oneSidedMultiplier(count: number, tightestAt: number, alpha: number): number {
  const growth = count * tightness(tightestAt, 2 * alpha) ** 2;
  return Math.sqrt(((2 * (growth + 1)) / growth) * Math.log(1 + Math.sqrt(growth + 1) / (2 * alpha)));
}

/**
 * Compares means or proportions. Valid at every look, asymptotically: units independent, variance finite, odds of
 * assignment stable. Undefined with fewer than two units in an arm, or a relative comparison with a control of zero.
 */
export function compareMeans(
  control: ArmStatistics,
  treatment: ArmStatistics,
  options: MeanOptions = {},
): Interval | undefined {
  const { alpha = 0.05, tightestAt = 5000 } = options;
  const difference = differenceOf(control, treatment, options.scale ?? "absolute");
  if (!difference) return undefined;
  const { estimate, standardError, count } = difference;
  const reach = standardError * twoSidedMultiplier(count, tightestAt, alpha);
  return {
    estimate,
    lower: estimate - reach,
    upper: estimate + reach,
    pValue: twoSidedPValue(estimate, standardError, count, tightness(tightestAt, alpha)),
  };
}

/** As `compareMeans`, for a question with a direction. */
export function compareMeansOneSided(
  control: ArmStatistics,
  treatment: ArmStatistics,
  options: MeanOptions = {},
): OneSided | undefined {
  const { alpha = 0.05, tightestAt = 5000 } = options;
  const difference = differenceOf(control, treatment, options.scale ?? "absolute");
  if (!difference) return undefined;
  const { estimate, standardError, count } = difference;
  const reach = standardError * oneSidedMultiplier(count, tightestAt, alpha);
  const rho = tightness(tightestAt, 2 * alpha);
  return {
    estimate,
    atLeast: estimate - reach,
    atMost: estimate + reach,
    pGreater: oneSidedPValue(estimate, standardError, count, rho),
    pLess: oneSidedPValue(-estimate, standardError, count, rho),
  };
}

interface Difference {
  readonly estimate: number;
  readonly standardError: number;
  readonly count: number;
}

function differenceOf(control: ArmStatistics, treatment: ArmStatistics, scale: Scale): Difference | undefined {
  if (control.count < 2 || treatment.count < 2) return undefined;
  const meanControl = sumOf(control) / control.count;
  const meanTreatment = sumOf(treatment) / treatment.count;
  const errorControl = variance(control) / control.count;
  const errorTreatment = variance(treatment) / treatment.count;
  const count = control.count + treatment.count;
  if (scale === "absolute") {
    return { estimate: meanTreatment - meanControl, standardError: Math.sqrt(errorControl + errorTreatment), count };
  }
  if (meanControl === 0) return undefined;
  const ratio = meanTreatment / meanControl;
  const standardError = Math.sqrt(errorTreatment + ratio ** 2 * errorControl) / Math.abs(meanControl);
  return { estimate: (meanTreatment - meanControl) / Math.abs(meanControl), standardError, count };
}

function sumOf(arm: ArmStatistics): number {
  return "successes" in arm ? arm.successes : arm.sum;
}

function variance(arm: ArmStatistics): number {
  if ("successes" in arm) {
    const rate = arm.successes / arm.count;
    return rate * (1 - rate);
  }
  // Rounding can leave a hair below zero when all values are equal.
  return Math.max(0, (arm.sumOfSquares - arm.sum ** 2 / arm.count) / (arm.count - 1));
}

/** min(1, 1/E), where E is the mixture martingale that the two-sided interval inverts. */
function twoSidedPValue(estimate: number, standardError: number, count: number, rho: number): number {
  if (standardError === 0) return estimate === 0 ? 1 : 0;
  const growth = count * rho ** 2;
  const z = estimate / standardError;
  return Math.min(1, Math.sqrt(growth + 1) * Math.exp((-growth * z ** 2) / (2 * (growth + 1))));
}

/** The smallest level whose one-sided bound excludes zero, with ρ held fixed; 1 when the estimate points away. */
function oneSidedPValue(estimate: number, standardError: number, count: number, rho: number): number {
  if (estimate <= 0) return 1;
  if (standardError === 0) return 0;
  const growth = count * rho ** 2;
  const z = estimate / standardError;
  return Math.min(1, Math.sqrt(growth + 1) / (2 * Math.expm1((growth * z ** 2) / (2 * (growth + 1)))));
}
