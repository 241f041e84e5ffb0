import type { Group, Sums } from "../history/history.ts";
import { type Need, need } from "../history/need.ts";
import type { Input } from "../input.ts";
import { type Measure, partsOf, scaleOf } from "../measure.ts";
import { minuteMs } from "../rule.ts";

/** What a measure came to in a window, and how many outcomes stand behind it. */
export interface Measured {
  /** Undefined when there was nothing to divide by. */
  readonly value: number | undefined;
  readonly count: number;
}

/** Reads one measure that is a sum or a quotient of sums. */
export interface MeasureReader {
  readonly needs: readonly Need[];
  read(sums: Sums, group: Group, atMs: number): Measured;
  /** The same of a whole hour. */
  readHour(sums: Sums, group: Group, atMs: number): Measured;
}

/** What counts the outcomes behind a measure: what it divides by, or else all its outcomes. */
export function countOf(measure: Measure): Input {
  const parts = partsOf(measure);
  if (parts.type === "quantile") return parts.values;
  return parts.type === "quotient" ? parts.under : { of: parts.sum.of, field: "outcomes" };
}

/** @param hours of history, 0 for none */
export function measureReader(measure: Measure, by: readonly string[], minutes: number, hours = 0): MeasureReader {
  const parts = partsOf(measure);
  if (parts.type === "quantile") throw new RangeError("a quantile is no quotient of sums");
  const over = need(parts.type === "sum" ? parts.sum : parts.over, by, minutes, hours);
  const count = need(countOf(measure), by, minutes, hours);
  const measured = (sum: number, outcomes: number, scale: number): Measured => {
    if (parts.type === "sum") return { value: sum * scale, count: outcomes };
    return { value: outcomes === 0 ? undefined : sum / outcomes, count: outcomes };
  };
  return {
    needs: [over, count],
    read(sums, group, atMs) {
      const from = atMs - minutes * minuteMs;
      return measured(sums.sum(over, group, from, atMs), sums.sum(count, group, from, atMs), scaleOf(measure, minutes));
    },
    readHour(sums, group, atMs) {
      return measured(sums.hour(over, group, atMs) ?? 0, sums.hour(count, group, atMs) ?? 0, scaleOf(measure, 60));
    },
  };
}
