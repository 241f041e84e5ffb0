import type { Alert } from "../alert.ts";
import { type AlertMatcher, matches } from "./silence.ts";

export type Weekday = "sun" | "mon" | "tue" | "wed" | "thu" | "fri" | "sat";

/** A window that comes back every week, in which matching alerts are kept to oneself. */
export interface Maintenance {
  readonly match?: AlertMatcher;
  /** Default: every day. */
  readonly days?: readonly Weekday[];
  /** `HH:MM`, in the time zone. */
  readonly start: string;
  readonly minutes: number;
  /** An IANA name. Default `UTC`. */
  readonly timeZone?: string;
}

const week: readonly Weekday[] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const minutesOfDay = 1_440;

/** Whether the window is open. It may reach beyond midnight; its day is the one it begins on. */
export function isUnderMaintenance({ match = {}, ...window }: Maintenance, alert: Alert, now: number): boolean {
  return matches(match, alert) && isOpen(window, now);
}

export function isOpen(
  { days = week, start, minutes, timeZone = "UTC" }: Omit<Maintenance, "match">,
  now: number,
): boolean {
  const { day, minute } = wallClock(now, timeZone);
  const [hours = 0, rest = 0] = start.split(":").map(Number);
  const begins = hours * 60 + rest;
  for (let back = 0; back * minutesOfDay < begins + minutes; back++) {
    const elapsed = minute + back * minutesOfDay - begins;
    const startDay = week[(day - back + 7 * back) % 7] as Weekday;
    if (elapsed >= 0 && elapsed < minutes && days.includes(startDay)) return true;
  }
  return false;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function wallClock(now: number, timeZone: string): { readonly day: number; readonly minute: number } {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
  const day = week.indexOf((parts.weekday ?? "sun").toLowerCase() as Weekday);
  return { day, minute: Number(parts.hour) * 60 + Number(parts.minute) };
}
