import { betaBinomialMixture } from "./mixture.ts";

/**
 * How an arm's values are distributed, without the values: a sorted sample, or a sketch's bins. Where a sketch cannot
 * tell, `countBelow` errs low and `countAtMost` high: the test then stays valid and loses a little power.
 */
export interface Distribution {
  readonly count: number;
  /** How many values were below `value`. */
  countBelow(value: number): number;
  /** How many values were at most `value`. */
  countAtMost(value: number): number;
}

export interface QuantileOptions {
  /** The number of units an arm at which the test is most powerful. Default 1000. */
  readonly tightestAt?: number;
  /** The level that it is tuned for. Default 0.05. */
  readonly alpha?: number;
}

/**
 * ln E of "the two arms' quantiles differ", valid at every look. For every value x that could be the common quantile,
 * each arm tests whether a share `quantile` of it lies at or below x; the evidence is what even the best x cannot
 * explain.
 *
 * Source: Howard and Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm
 * identification", Bernoulli 2022, arXiv 1906.09712, section 5, with the beta-binomial mixture.
 *
 * @param candidates the values at which either distribution steps: sample values, or the edges of a sketch's bins
 */
export function quantileLogEvidence(
  control: Distribution,
  treatment: Distribution,
  quantile: number,
  candidates: Iterable<number>,
  options: QuantileOptions = {},
): number {
  if (!(quantile > 0 && quantile < 1)) throw new RangeError(`quantile must be between 0 and 1, got ${quantile}`);
  if (control.count === 0 || treatment.count === 0) return 0;
  const variance = quantile * (1 - quantile);
  const { tightestAt = 1000, alpha = 0.05 } = options;
  const mixture = betaBinomialMixture(tightestAt * variance, alpha, quantile, 1 - quantile);

  /** The least evidence over all counts that values tied at `value` allow. */
  function evidence(arm: Distribution, value: number): number {
    const expected = quantile * arm.count;
    const nearest = Math.min(Math.max(expected, arm.countBelow(value)), arm.countAtMost(value));
    return mixture(nearest - expected, variance * arm.count);
  }

  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates)
    least = Math.min(least, evidence(control, candidate) + evidence(treatment, candidate));
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}

/** An always-valid p-value from the evidence: min(1, 1/E). */
export function pValueOf(logEvidence: number): number {
  return Math.min(1, Math.exp(-logEvidence));
}
