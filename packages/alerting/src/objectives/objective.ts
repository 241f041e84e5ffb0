import type { BurnWindow, Indicator } from "../rule.ts";

/** A promise about a service. */
export interface Objective {
  /** Unique; lower-case words with hyphens. */
  readonly name: string;
  readonly description?: string;
  readonly indicator: Indicator;
  /** The share of good outcomes, 0 to 1. */
  readonly target: number;
  /** Days the error budget is for, 1 to 30. Default 30. */
  readonly days?: number;
  /** Outcomes in an alert's long window below which it does not judge. Default 20. */
  readonly minCount?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly runbook?: string;
}

/** A promise about the average, which has no error budget: it is reported, and no alert burns. */
export interface MeanObjective {
  readonly name: string;
  readonly description?: string;
  readonly indicator: Omit<Indicator, "fasterThan">;
  /** Seconds that the mean duration stays below. */
  readonly meanBelow: number;
  readonly days?: number;
}

export type AnyObjective = Objective | MeanObjective;

export const defaultDays = 30;
export const defaultMinCount = 20;

/** One standard pair of windows: how much of a 30-day budget is gone when it fires. */
interface StandardWindow {
  readonly share: number;
  readonly long: number;
  readonly short: number;
}

/** Wakes somebody: 2 % of the budget within an hour, or 5 % within six. */
export const pageWindows: readonly StandardWindow[] = [
  { share: 0.02, long: 60, short: 5 },
  { share: 0.05, long: 360, short: 30 },
];

/** Waits for the morning: 10 % within a day, or within three. */
export const ticketWindows: readonly StandardWindow[] = [
  { share: 0.1, long: 1_440, short: 120 },
  { share: 0.1, long: 4_320, short: 360 },
];

/**
 * How many times too fast the budget is spent when `share` of it goes within the long window: share × period ÷ window.
 * For 30 days: 14.4, 6, 3 and 1.
 */
export function burnWindow({ share, long, short }: StandardWindow, days: number): BurnWindow {
  return { long, short, factor: Number(((share * days * 1_440) / long).toPrecision(6)) };
}
