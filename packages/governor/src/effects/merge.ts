import type { Metric } from "../metrics/metric.ts";
import { type ArmTotals, type ComparedArm, noTotals, numberOf, tally, type UnitRecord } from "./statistics.ts";

/** What one process saw of one unit since its last flush: pairs of sum and count, in the order of the metrics. */
export interface UnitDelta {
  readonly unit: string;
  readonly arm: ComparedArm;
  readonly values: Float64Array;
}

/** The totals of one comparison, as all processes have them together. */
export interface ComparisonTotals {
  readonly control: ArmTotals;
  readonly treatment: ArmTotals;
  /** Made anew whenever the ledger has none, so that whoever knew another one sees that counts were lost. */
  readonly incarnation: string;
  /** When the first unit was counted, milliseconds since the epoch. */
  readonly since: number;
  /** When counts were last found lost. */
  lostAt?: number;
  /** The newest flush of each writer that is in these totals, so that none is added twice. */
  readonly flushes: Record<string, { seq: number; at: number }>;
  /** Units that were seen in both arms; they count for the arm of their first outcome, with what came until then. */
  crossed: number;
  /** Units that were not counted because the comparison has as many as it may. */
  refused: number;
}

/** Longest that a writer is remembered after its last flush, milliseconds. */
const forgottenAfterMs = 86_400_000;

export function newTotals(incarnation: string, now: number): ComparisonTotals {
  const empty = { control: noTotals(), treatment: noTotals() };
  return { ...empty, incarnation, since: now, flushes: {}, crossed: 0, refused: 0 };
}

/**
 * Adds units' deltas to what is known of them, and moves their numbers in the totals: one number a unit, however many
 * processes served it. `totals` is changed; the units' new records are returned in the order of the deltas.
 */
export function mergeUnits(
  totals: ComparisonTotals,
  known: readonly (UnitRecord | undefined)[],
  deltas: readonly UnitDelta[],
  metrics: readonly Metric[],
  maxUnits: number,
): (UnitRecord | undefined)[] {
  return deltas.map((delta, index) => {
    const before = known[index];
    if (before && before.arm !== delta.arm) {
      totals.crossed++;
      return before;
    }
    if (!before && totals.control.units + totals.treatment.units >= maxUnits) {
      totals.refused++;
      return undefined;
    }
    return mergeUnit(totals[delta.arm], before, delta, metrics);
  });
}

function mergeUnit(
  arm: ArmTotals,
  before: UnitRecord | undefined,
  delta: UnitDelta,
  metrics: readonly Metric[],
): UnitRecord {
  if (!before) arm.units++;
  const values: Record<string, readonly [number | null, number]> = { ...before?.values };
  for (const [index, metric] of metrics.entries()) {
    const moreSum = delta.values[index * 2] as number;
    const moreCount = delta.values[index * 2 + 1] as number;
    if (moreSum === 0 && moreCount === 0) continue;
    const [oldSum, oldCount] = values[metric.key] ?? [0, 0];
    // JSON has no NaN.
    const sum = (oldSum ?? Number.NaN) + moreSum;
    const count = oldCount + moreCount;
    values[metric.key] = [Number.isNaN(sum) ? null : sum, count];
    tally(arm, metric, numberOf(metric, oldSum ?? Number.NaN, oldCount), -1);
    tally(arm, metric, numberOf(metric, sum, count), 1);
  }
  return { arm: delta.arm, values };
}

/** Notes a writer's flush; false when it is in the totals already. */
export function noteFlush(totals: ComparisonTotals, writer: string, seq: number, now: number): boolean {
  const last = totals.flushes[writer];
  if (last && last.seq >= seq) return false;
  totals.flushes[writer] = { seq, at: now };
  for (const [other, { at }] of Object.entries(totals.flushes)) {
    if (now - at > forgottenAfterMs) delete totals.flushes[other];
  }
  return true;
}
