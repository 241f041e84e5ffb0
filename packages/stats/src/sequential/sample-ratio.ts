import { logGamma } from "./log-gamma.ts";

/**
 * ln E of "units were not assigned in the ratio that was asked for": a Dirichlet mixture around the expected shares.
 * Source: Lindon and Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022, arXiv 2011.03567.
 *
 * Alarm when E ≥ 1/α at any look; α = 0.001 is usual, because a mismatch makes every effect untrustworthy.
 *
 * @param counts units by arm
 * @param shares expected shares by arm, summing to 1. Default: equal
 * @param concentration the larger, the smaller the mismatch it is tuned to. Default 1000
 */
export function sampleRatioLogEvidence(
  counts: readonly number[],
  shares: readonly number[] = counts.map(() => 1 / counts.length),
  concentration = 1000,
): number {
  if (counts.length !== shares.length || counts.length < 2) {
    throw new RangeError("a share is needed for each of at least two arms");
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  let log = logGamma(concentration) - logGamma(concentration + total);
  for (const [index, count] of counts.entries()) {
    const share = shares[index] as number;
    const prior = concentration * share;
    log += logGamma(prior + count) - logGamma(prior) - count * Math.log(share);
  }
  return log;
}
