import type { Distribution } from "@flyball/stats";
import { binsWide, type MetricTotals } from "./statistics.ts";

/** How units' numbers are distributed over bins; positions are bin numbers. */
export interface BinnedDistribution extends Distribution {
  /** Ascending. */
  readonly bins: readonly number[];
  /** Units up to and in each of the bins. */
  readonly cumulative: readonly number[];
}

/**
 * The distribution, moved down by what is allowed: a tolerated harm of 10 % is 10 % off the treatment's values. The
 * move is in whole bins, rounded up, so the test allows a hair more than asked and never less.
 */
export function shiftedDistribution({ bins = {} }: MetricTotals, allowance: number): BinnedDistribution {
  const down = binsWide(allowance);
  const ascending = Object.keys(bins)
    .map(Number)
    .sort((a, b) => a - b);
  const positions = ascending.map((bin) => bin - down);
  let total = 0;
  const cumulative = ascending.map((bin) => (total += bins[bin] ?? 0));
  const upTo = (position: number): number => {
    const index = lastAtMost(positions, position);
    return index < 0 ? 0 : (cumulative[index] as number);
  };
  return {
    bins: positions,
    cumulative,
    count: total,
    // Where in its bin a value lies is not known: the bin's own units may be below the value, and may be at most it.
    countBelow: (position) => upTo(position - 1),
    countAtMost: upTo,
  };
}

/** The bin in which a share `quantile` of the units is reached. */
export function quantileOf({ bins, cumulative, count }: BinnedDistribution, quantile: number): number {
  const index = cumulative.findIndex((below) => below >= quantile * count);
  return bins[index] ?? Number.NaN;
}

/**
 * The bins from one arm's quantile to the other's. Left of both and right of both, evidence against a common quantile
 * only grows, so the least of it is among these.
 */
export function stepsBetween(one: number, other: number): number[] {
  const low = Math.min(one, other);
  return Array.from({ length: Math.abs(other - one) + 1 }, (_, index) => low + index);
}

function lastAtMost(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
