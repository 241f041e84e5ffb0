import type { MeanStatistics } from "@flyball/stats";

/** Rounding leaves less than this between sums of the same numbers, taken together in another order. */
const rounding = 1e-9;

/**
 * Whether two means are the same but for rounding. Where every unit has the same number there is no variance, and a
 * test would take a difference in the sixteenth digit for certain.
 */
export function sameMeans(one: MeanStatistics, other: MeanStatistics): boolean {
  const [a, b] = [one.sum / one.count, other.sum / other.count];
  return Math.abs(a - b) <= rounding * Math.max(Math.abs(a), Math.abs(b));
}

/** One unit with the event and one without more: no events so far are not proof that there are none. */
export function plusOneEach({ count, sum }: MeanStatistics): MeanStatistics {
  return { count: count + 2, sum: sum + 1, sumOfSquares: sum + 1 };
}
