import type { Measure } from "./measure.ts";
import type { Selector } from "./selector.ts";
import type { Severity } from "./severity.ts";

/** What every rule has. Times are whole minutes. */
export interface RuleBase {
  /** Unique; lower-case words with hyphens. */
  readonly name: string;
  /** Rules of one alert differ in severity only and are one thing to people: it escalates. Default: the name. */
  readonly alert?: string;
  /** What is wrong when it fires, in one sentence. */
  readonly summary: string;
  /** Why it is watched, and why at this value. */
  readonly reason?: string;
  /** Default `warning`. */
  readonly severity?: Severity;
  /** Put on the alert, for routes and silences. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Where it says what to do: a URL or a path. */
  readonly runbook?: string;
  /** How often it is evaluated. Default 5. */
  readonly every?: number;
  /** How long it must hold before the alert fires. Default 0. */
  readonly for?: number;
  /** Least time between two beginnings that people are told of. Default: that of the delivery, 30. */
  readonly cooldown?: number;
  /** How long the alert goes on firing after it no longer holds, so that it does not flap. Default 0. */
  readonly keepFiring?: number;
}

/** What is done when there is nothing to judge: `ok` ends the alert, `keep` lets a firing one fire on. */
export type Unknown = "ok" | "keep";

/** One alert for each value of these labels. At most 100 are followed. */
interface Grouped {
  readonly by?: readonly string[];
}

/** A measure of a window crosses a line. */
export interface ThresholdRule extends RuleBase, Grouped {
  readonly type: "threshold";
  readonly measure: Measure;
  /** Fires above, or below: one of the two. */
  readonly above?: number;
  readonly below?: number;
  /** A firing alert ends only when the measure is back at this value: hysteresis. Default: the threshold. */
  readonly clear?: number;
  /** Default 15. */
  readonly window?: number;
  /** With fewer outcomes in the window nothing is judged. Default 1. */
  readonly minCount?: number;
  /** Without any outcome; `alert` fires. Default `ok`. */
  readonly noData?: Unknown | "alert";
  /** With some outcomes, but fewer than `minCount`. Default `ok`. */
  readonly lowTraffic?: Unknown;
}

/** What is a good outcome: one that did not fail, or one that was fast enough as well. */
export interface Indicator extends Selector {
  /** Seconds; an outcome that takes longer is bad. Without it, errors and timeouts are bad. */
  readonly fasterThan?: number;
}

/** One pair of windows; both must breach. */
export interface BurnWindow {
  readonly long: number;
  readonly short: number;
  /** How many times faster than allowed the budget is spent. */
  readonly factor: number;
}

/** The error budget of an objective is spent too fast. */
export interface BurnRateRule extends RuleBase {
  readonly type: "burn-rate";
  readonly indicator: Indicator;
  /** The share of good outcomes that is promised, for example 0.99. */
  readonly target: number;
  /** Any of the pairs will do. */
  readonly windows: readonly BurnWindow[];
  /** Outcomes in the long window below which nothing is judged. Default 1. */
  readonly minCount?: number;
}

/** Nothing happened. */
export interface AbsenceRule extends RuleBase {
  readonly type: "absence";
  readonly of: Selector;
  /** Default 15. */
  readonly window?: number;
}

/** The last hour is unlike the same hour of the days before. Evaluated in the process only. */
export interface AnomalyRule extends RuleBase {
  readonly type: "anomaly";
  /** A sum, a mean or a ratio; quantiles have no baseline here. */
  readonly measure: Measure;
  /** Which direction is unusual. Default `both`. */
  readonly direction?: "above" | "below" | "both";
  /** How many robust standard deviations are unusual. Default 6. */
  readonly deviations?: number;
  /** Days of history, 2 to 30. Default 14. */
  readonly days?: number;
  /** Minutes after an anomaly in which no further one is announced. Default 720. */
  readonly refractory?: number;
  /** Outcomes in an hour below which it is not judged. Default 10. */
  readonly minCount?: number;
}

/** At the present pace a budget will be overspent before its period ends. Evaluated in the process only. */
export interface ForecastRule extends RuleBase {
  readonly type: "forecast";
  /** A sum, such as `cost`. */
  readonly measure: Measure;
  /** For one period, in the measure's unit. */
  readonly budget: number;
  /** Calendar days or months, UTC. Default `month`. */
  readonly period?: "day" | "month";
  /** The pace is that of the last so many minutes. Default 360. */
  readonly window?: number;
}

export type Rule = ThresholdRule | BurnRateRule | AbsenceRule | AnomalyRule | ForecastRule;

export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const defaultEvery = 5;
export const defaultWindow = 15;

export function alertOf(rule: Rule): string {
  return rule.alert ?? rule.name;
}

export function severityOf(rule: Rule): Severity {
  return rule.severity ?? "warning";
}

/** The labels that tell a rule's alerts apart. */
export function groupingOf(rule: Rule): readonly string[] {
  return rule.type === "threshold" ? (rule.by ?? []) : [];
}
