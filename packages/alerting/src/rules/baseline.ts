import type { Unit } from "../measure.ts";
import { hourMs } from "../rule.ts";

/** What is usual at this hour, and how far values stray from it. */
export interface Baseline {
  readonly center: number;
  readonly scale: number;
  /** How many hours it rests on. */
  readonly size: number;
}

/** One hour of history: its start, and its value. */
export interface HourValue {
  readonly at: number;
  readonly value: number;
}

/** Turns a median absolute deviation into a standard deviation, for normal values. */
const madToSigma = 1.4826;
/** The scale never falls below so much of the center: steady series would otherwise alarm at any ripple. */
const relativeFloor = 0.05;
const hoursOfSeason = 1;
/** Hours of the season that a baseline needs: those of two days. */
const fewest = 2 * (2 * hoursOfSeason + 1);

/**
 * Median and spread of the same hour (and its neighbours) of the days before, so that a morning is compared with
 * mornings; undefined before two days of them are known.
 *
 * The spread is the largest of four: the season's own, half of that of all hours, a twentieth of the center, and
 * what is too little to matter in the unit. A median absolute deviation alone collapses to almost nothing on steady
 * series, and then every ripple is "a hundred deviations" away.
 */
export function baselineOf(history: readonly HourValue[], atMs: number, unit: Unit): Baseline | undefined {
  const hour = hourOfDay(atMs);
  const season = history.filter(({ at }) => hoursApart(hourOfDay(at), hour) <= hoursOfSeason);
  if (season.length < fewest) return undefined;
  const values = season.map(({ value }) => value);
  const all = history.map(({ value }) => value);
  const center = median(values);
  const scale = Math.max(
    spread(values, center),
    spread(all, median(all)) / 2,
    Math.abs(center) * relativeFloor,
    smallestScale(unit, center),
  );
  return { center, scale, size: values.length };
}

/** What nobody would call a change, also of a series that has always been zero. Counts stray by their square root. */
function smallestScale(unit: Unit, center: number): number {
  switch (unit) {
    case "number":
      return Math.max(1, Math.sqrt(Math.abs(center)));
    case "score":
      return 0.02;
    case "share":
    case "seconds":
    case "usd":
      return 0.01;
  }
}

function hourOfDay(atMs: number): number {
  return Math.floor(atMs / hourMs) % 24;
}

function hoursApart(a: number, b: number): number {
  const distance = Math.abs(a - b);
  return Math.min(distance, 24 - distance);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function spread(values: readonly number[], center: number): number {
  return madToSigma * median(values.map((value) => Math.abs(value - center)));
}
