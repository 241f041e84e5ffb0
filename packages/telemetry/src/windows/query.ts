import { QueryError } from "../errors.ts";
import type { OperationKind } from "../outcome.ts";
import { hourMs, minuteMs, minuteOf } from "./block.ts";
import type { SeriesKey } from "./series.ts";

const maxMinutes = 1_440;
const maxHours = 744;

/**
 * Which outcomes a window is about. All parts are optional and narrow it down; `labels` are those of the series:
 * `workflow`, `priority`, `model`, `provider` and the allowed labels of outcomes.
 *
 * Time: `lastMinutes` (1 to 1,440, default 15) or `lastHours` (1 to 744) up to now, which cover that many whole
 * minutes or hours and the running one; or `from` and `to`, milliseconds since the epoch, at most a day apart, which
 * cover every minute that they touch.
 */
export interface WindowQuery {
  readonly kind?: OperationKind;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly lastMinutes?: number;
  readonly lastHours?: number;
  readonly from?: number;
  readonly to?: number;
}

/** The stretch of time of a query. `from` is its first moment and `to` the first after it. */
export interface WindowRange {
  readonly from: number;
  readonly to: number;
  /** Milliseconds of one point: a minute, or an hour for `lastHours`. */
  readonly step: number;
}

/** @throws QueryError */
export function rangeOf(query: WindowQuery, now: number): WindowRange {
  const { lastMinutes, lastHours, from, to } = query;
  const given = [lastMinutes, lastHours, from ?? to].filter((part) => part !== undefined).length;
  if (given > 1) throw new QueryError("window", query, "one of lastMinutes, lastHours, or from and to");
  if (lastHours !== undefined) {
    checkCount("lastHours", lastHours, maxHours);
    const running = Math.floor(now / hourMs) * hourMs;
    return { from: running - lastHours * hourMs, to: running + hourMs, step: hourMs };
  }
  if (from !== undefined || to !== undefined) return between(from, to ?? now);
  checkCount("lastMinutes", lastMinutes ?? 15, maxMinutes);
  const running = minuteOf(now);
  return { from: running - (lastMinutes ?? 15) * minuteMs, to: running + minuteMs, step: minuteMs };
}

/** Whether a series is among those that a query is about. */
export function fits(query: WindowQuery, key: SeriesKey): boolean {
  if (query.kind !== undefined && query.kind !== key.kind) return false;
  if (query.name !== undefined && query.name !== key.name) return false;
  for (const label in query.labels) if (key.labels[label] !== query.labels[label]) return false;
  return true;
}

function between(from: number | undefined, to: number): WindowRange {
  if (from === undefined || !Number.isFinite(from)) throw new QueryError("window.from", from, "milliseconds");
  if (!Number.isFinite(to) || to < from) throw new QueryError("window.to", to, "milliseconds, not before from");
  const range = { from: minuteOf(from), to: minuteOf(to) + minuteMs, step: minuteMs };
  if (range.to - range.from > (maxMinutes + 1) * minuteMs) {
    throw new QueryError("window.to", to, `at most ${maxMinutes} minutes after from`);
  }
  return range;
}

function checkCount(part: string, received: number, most: number): void {
  if (!Number.isInteger(received) || received < 1 || received > most) {
    throw new QueryError(`window.${part}`, received, `an integer from 1 to ${most}`);
  }
}
