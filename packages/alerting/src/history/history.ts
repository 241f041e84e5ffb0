import type { SeriesKey, SeriesWindow } from "@flyball/telemetry";
import { readInput } from "../input.ts";
import { labelOf, selects } from "../selector.ts";
import { joined, type Need } from "./need.ts";
import { Tally } from "./tally.ts";

/** The label values that tell one alert of a rule from another; empty for a rule that is not grouped. */
export type Group = Readonly<Record<string, string>>;

/** What rules are judged by: sums of inputs over stretches of time. */
export interface Sums {
  /** The sum in the minutes that start in [from, to), milliseconds since the epoch. */
  sum(need: Need, group: Group, fromMs: number, toMs: number): number;
  /** The sum of a whole hour; undefined when nothing was counted in it. */
  hour(need: Need, group: Group, atMs: number): number | undefined;
}

/** Groups followed per input; further ones are counted and left out. */
const maxGroups = 100;
/** Series whose inputs are remembered. */
const maxRemembered = 20_000;

interface Target {
  readonly need: Need;
  readonly tally: Tally;
}

/** The minutes that rules look at, as plain numbers in memory: an evaluation touches nothing else. */
export class History implements Sums {
  readonly needs: readonly Need[];
  /** Groups beyond the limit. */
  overflowed = 0;
  readonly #tallies = new Map<string, Map<string, Tally>>();
  readonly #groups = new Map<string, Map<string, Group>>();
  readonly #targets = new Map<string, readonly Target[]>();
  #pass = 0;

  constructor(needs: Iterable<Need>) {
    this.needs = joined(needs);
  }

  /** Takes in one closed minute, or the same minute again. */
  ingest(atMs: number, series: readonly SeriesWindow[]): void {
    this.#pass++;
    for (const window of series) {
      for (const { need, tally } of this.#targetsOf(window)) {
        tally.add(atMs, readInput(need.input, window), this.#pass);
      }
    }
  }

  /** The tally of one group, made when it is new; undefined when there are too many. */
  tally(need: Need, group: Group): Tally | undefined {
    const key = groupKey(group);
    let ofNeed = this.#tallies.get(need.key);
    if (!ofNeed) {
      ofNeed = new Map();
      this.#tallies.set(need.key, ofNeed);
    }
    let tally = ofNeed.get(key);
    if (tally) return tally;
    if (ofNeed.size >= maxGroups) {
      this.overflowed++;
      return undefined;
    }
    tally = new Tally(need);
    ofNeed.set(key, tally);
    this.#remember(need.by, key, group);
    return tally;
  }

  /** The groups of these labels that were seen, whatever the input. */
  groups(by: readonly string[], needs: readonly Need[]): Group[] {
    if (by.length === 0) return [{}];
    const all = this.#groups.get(by.join(",")) ?? new Map<string, Group>();
    return [...all]
      .filter(([key]) => needs.some((one) => this.#tallies.get(one.key)?.has(key)))
      .map(([, group]) => group);
  }

  sum(need: Need, group: Group, fromMs: number, toMs: number): number {
    return this.#tallies.get(need.key)?.get(groupKey(group))?.sum(fromMs, toMs) ?? 0;
  }

  hour(need: Need, group: Group, atMs: number): number | undefined {
    return this.#tallies.get(need.key)?.get(groupKey(group))?.hour(atMs);
  }

  nextPass(): number {
    return ++this.#pass;
  }

  #remember(by: readonly string[], key: string, group: Group): void {
    const known = this.#groups.get(by.join(",")) ?? new Map<string, Group>();
    this.#groups.set(by.join(","), known.set(key, group));
  }

  #targetsOf(series: SeriesKey): readonly Target[] {
    const key = JSON.stringify([series.kind, series.name, series.labels]);
    const known = this.#targets.get(key);
    if (known) return known;
    const targets: Target[] = [];
    for (const one of this.needs) {
      const group = selects(one.input.of, series) ? groupOf(series, one.by) : undefined;
      const tally = group && this.tally(one, group);
      if (tally) targets.push({ need: one, tally });
    }
    if (this.#targets.size >= maxRemembered) this.#targets.clear();
    this.#targets.set(key, targets);
    return targets;
  }
}

/** Undefined when the series lacks one of the labels: it belongs to no group. */
export function groupOf(series: SeriesKey, by: readonly string[]): Group | undefined {
  const group: Record<string, string> = {};
  for (const key of by) {
    const value = labelOf(series, key);
    if (value === undefined) return undefined;
    group[key] = value;
  }
  return group;
}

export function groupKey(group: Group): string {
  let key = "";
  for (const label in group) key += `${label}\u001f${group[label]}\u001f`;
  return key;
}
