import type { Alert } from "../alert.ts";
import type { Severity } from "../severity.ts";

/** Which alerts: all parts must fit; what is left out fits all. */
export interface AlertMatcher {
  readonly alert?: string | readonly string[];
  readonly severity?: Severity | readonly Severity[];
  readonly labels?: Readonly<Record<string, string | readonly string[]>>;
}

/** Alerts that nobody wants to hear of for a while. One that begins in the future is a planned maintenance. */
export interface Silence {
  readonly id: string;
  readonly match: AlertMatcher;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly by?: string;
  readonly comment?: string;
}

export function matches({ alert, severity, labels = {} }: AlertMatcher, of: Alert): boolean {
  const fits = (wanted: string | readonly string[] | undefined, found: string | undefined): boolean =>
    wanted === undefined ||
    (found !== undefined && (typeof wanted === "string" ? wanted === found : wanted.includes(found)));
  if (!fits(alert, of.name) || !fits(severity, of.severity)) return false;
  return Object.entries(labels).every(([key, wanted]) => fits(wanted, of.labels[key]));
}

export function silences(silence: Silence, alert: Alert, now: number): boolean {
  return now >= silence.startsAt && now < silence.endsAt && matches(silence.match, alert);
}
