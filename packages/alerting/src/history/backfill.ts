import type { WindowPoint } from "@flyball/telemetry";
import { readInput } from "../input.ts";
import type { Readings, ReadingsQuery } from "../readings.ts";
import { hourMs, minuteMs } from "../rule.ts";
import { narrowed, queriesOf, type SignedQuery, selectorKey, selects } from "../selector.ts";
import { type Group, groupKey, groupOf, type History } from "./history.ts";
import type { Need } from "./need.ts";

/** Minutes read at once, so that no turn of the event loop is long. */
const chunkMinutes = 60;

export interface BackfillOptions {
  readonly readings: Readings;
  /** The end of the last closed minute. */
  readonly endMs: number;
  /** Called between readings: lets others have the thread. */
  readonly pause: () => Promise<void>;
  /** Hours of which no minute is kept are spread over their minutes; for replays. Default false. */
  readonly spread?: boolean;
  /** What the readings take for now, where that is not the end. */
  readonly nowMs?: number;
  /** Told of each hour that was spread. */
  readonly onSpread?: (atMs: number) => void;
}

/** Fills a history with what was recorded before it began. */
export async function backfill(history: History, options: BackfillOptions): Promise<void> {
  for (const needs of bySelector(history.needs)) {
    for (const group of await groupsOf(needs, options)) {
      const [first] = needs as [Need, ...Need[]];
      const pass = history.nextPass();
      for (const signed of queriesOf(narrowed(first.input.of, group))) {
        await fill(history, needs, group, signed, pass, options);
      }
    }
  }
}

/** Inputs that read the same outcomes are filled by the same readings. */
function bySelector(needs: readonly Need[]): Need[][] {
  const groups = Map.groupBy(needs, ({ input, by }) => `${selectorKey(input.of)} by ${by.join(",")}`);
  return [...groups.values()];
}

async function groupsOf(
  needs: readonly Need[],
  { readings, endMs, pause, spread, nowMs = endMs }: BackfillOptions,
): Promise<Group[]> {
  const [first] = needs as [Need, ...Need[]];
  const { by } = first;
  if (by.length === 0) return [{}];
  const groups = new Map<string, Group>();
  const { kind } = first.input.of;
  const minutes = Math.max(...needs.map((one) => one.minutes));
  const look = (time: ReadingsQuery): void => {
    for (const series of readings.series({ ...(kind === undefined ? {} : { kind }), ...time })) {
      const group = selects(first.input.of, series) ? groupOf(series, by) : undefined;
      if (group) groups.set(groupKey(group), group);
    }
  };
  for (let from = endMs - minutes * minuteMs; from < endMs; from += chunkMinutes * minuteMs) {
    look({ from, to: Math.min(from + chunkMinutes * minuteMs, endMs) - 1 });
    await pause();
  }
  if (spread) look({ lastHours: hoursBack(endMs - minutes * minuteMs, nowMs) });
  return [...groups.values()];
}

async function fill(
  history: History,
  needs: readonly Need[],
  group: Group,
  { query, sign }: SignedQuery,
  pass: number,
  { readings, endMs, pause, spread, nowMs = endMs, onSpread }: BackfillOptions,
): Promise<void> {
  const minutes = Math.max(...needs.map((one) => one.minutes));
  const hours = Math.max(...needs.map((one) => one.hours));
  // Minutes begin with a whole hour, so that each hour is either counted by minutes or read as one.
  const start = Math.ceil((endMs - minutes * minuteMs) / hourMs - (hours > 0 ? 0 : 1)) * hourMs;
  const seen = new Set<number>();
  const add = (at: number, point: WindowPoint, share: number): void => {
    for (const one of needs) {
      if (at >= endMs - one.minutes * minuteMs) {
        history.tally(one, group)?.add(at, readInput(one.input, point) * share * sign, pass);
      }
    }
  };
  for (let from = start; from < endMs; from += chunkMinutes * minuteMs) {
    const to = Math.min(from + chunkMinutes * minuteMs, endMs) - 1;
    for (const point of readings.points({ ...query, from, to })) {
      seen.add(Math.floor(point.at / hourMs) * hourMs);
      add(point.at, point, 1);
    }
    await pause();
  }
  if (hours === 0 && !spread) return;
  const lastHours = hoursBack(endMs - Math.max(minutes * minuteMs, hours * hourMs), nowMs);
  for (const point of readings.points({ ...query, lastHours })) {
    if (seen.has(point.at) || point.at + hourMs > endMs) continue;
    if (spread) {
      onSpread?.(point.at);
      for (let minute = 0; minute < 60; minute++) add(point.at + minute * minuteMs, point, 1 / 60);
    }
    for (const one of needs) {
      if (point.at < start && one.hours > 0) {
        history.tally(one, group)?.addHour(point.at, readInput(one.input, point) * sign, pass);
      }
    }
  }
  await pause();
}

/** How many whole hours to ask for, to reach back to a time. */
function hoursBack(fromMs: number, nowMs: number): number {
  return Math.min(744, Math.max(1, Math.ceil((nowMs - fromMs) / hourMs)));
}
