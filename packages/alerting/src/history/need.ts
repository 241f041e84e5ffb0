import { type Input, inputKey } from "../input.ts";
import type { Reach } from "./tally.ts";

/** An input that a rule looks at, by which labels it is told apart, and how far back. */
export interface Need extends Reach {
  readonly key: string;
  readonly input: Input;
  readonly by: readonly string[];
}

/** Minutes kept where hours are kept as well: a day, and what is needed to begin with a whole hour. */
const minutesBesideHours = 1_500;

/** `minutes` beyond a day are kept as hours; their far end is then a whole hour. */
export function need(input: Input, by: readonly string[], minutes: number, hours = 0): Need {
  const key = `${inputKey(input)} by ${by.join(",")}`;
  // Two slots more than the window, as minutes are read again for late writers.
  if (minutes <= 1_440 && hours === 0) return { key, input, by, minutes: minutes + 2, hours };
  return { key, input, by, minutes: minutesBesideHours, hours: Math.max(hours, Math.ceil(minutes / 60) + 2) };
}

/** What all rules together need of each input. */
export function joined(needs: Iterable<Need>): Need[] {
  const byKey = new Map<string, Need>();
  for (const one of needs) {
    const known = byKey.get(one.key);
    byKey.set(one.key, {
      ...one,
      minutes: Math.max(one.minutes, known?.minutes ?? 0),
      hours: Math.max(one.hours, known?.hours ?? 0),
    });
  }
  return [...byKey.values()];
}
