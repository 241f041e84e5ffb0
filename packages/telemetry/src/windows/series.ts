import { createHash } from "node:crypto";
import { overflowLabel } from "../names.ts";
import type { OperationKind, Outcome } from "../outcome.ts";
import type { Aggregate } from "./aggregate.ts";

/** Longest name or label value; what is longer is cut, since a label is a word and not a text. */
const longestValue = 128;

/** What outcomes are counted together. */
export interface SeriesKey {
  readonly kind: OperationKind;
  readonly name: string;
  /** `workflow`, `priority`, `model`, `provider` where known, and the allowed labels of the outcome. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A series in memory. */
export interface Series extends SeriesKey {
  /** Made from the key alone, so that processes that write one file agree without asking each other. */
  readonly id: number;
  /** Of the running minute; undefined while nothing happened in it. */
  live: Aggregate | undefined;
  /** Start of the last minute in which something happened. */
  usedAt: number;
}

type Level = Map<string | undefined, Level | Series>;

/**
 * Finds the series of an outcome. The parts of its key are looked up one after the other in nested maps, whose keys
 * are strings that exist already: no key is built, and strings keep their hash.
 */
export class SeriesRegistry {
  readonly #allowed: ReadonlySet<string>;
  readonly #limit: number;
  readonly #byKey = new Map<string, Series>();
  readonly #overflow = new Map<OperationKind, Series>();
  #root: Level = new Map();
  #paths = 0;
  /** Outcomes that went to an overflow series. */
  overflowed = 0;

  /** `limit` series at most, beside one overflow series per kind. */
  constructor(allowed: ReadonlySet<string>, limit: number) {
    this.#allowed = allowed;
    this.#limit = limit;
  }

  get size(): number {
    return this.#byKey.size + this.#overflow.size;
  }

  find(outcome: Outcome): Series {
    let level: Level | Series | undefined = this.#root.get(outcome.name);
    if (level) level = (level as Level).get(outcome.kind);
    if (level) level = (level as Level).get(outcome.run?.workflow);
    if (level) level = (level as Level).get(outcome.run?.priority);
    if (level) level = (level as Level).get(outcome.model);
    if (level) level = (level as Level).get(outcome.provider);
    // Two steps a label, and a last one that says that there are no more.
    const { labels } = outcome;
    for (const key in labels) {
      if (!level) break;
      if (!this.#allowed.has(key)) continue;
      level = (level as Level).get(key);
      if (level) level = (level as Level).get(labels[key]);
    }
    if (level) level = (level as Level).get(undefined);
    return (level as Series | undefined) ?? this.#add(outcome);
  }

  /** Forgets what was not used since `before`, if the limit is reached: new series take the place of dead ones. */
  forgetIdle(before: number): void {
    if (this.#byKey.size < this.#limit) return;
    for (const [key, series] of this.#byKey) if (series.usedAt < before && !series.live) this.#byKey.delete(key);
    this.#root = new Map();
    this.#paths = 0;
  }

  #add(outcome: Outcome): Series {
    const key = this.#keyOf(outcome);
    const text = keyText(key);
    let series = this.#byKey.get(text);
    if (!series) {
      if (this.#byKey.size >= this.#limit) return this.#overflowOf(outcome.kind);
      series = toSeries(key, text);
      this.#byKey.set(text, series);
    }
    // The same labels in another order are another path to the same series; their number is bounded, too.
    if (this.#paths < 4 * this.#limit) this.#remember(outcome, series);
    return series;
  }

  #overflowOf(kind: OperationKind): Series {
    this.overflowed++;
    let series = this.#overflow.get(kind);
    if (!series) {
      const key: SeriesKey = { kind, name: overflowLabel, labels: { [overflowLabel]: "true" } };
      series = toSeries(key, keyText(key));
      this.#overflow.set(kind, series);
    }
    return series;
  }

  #remember(outcome: Outcome, series: Series): void {
    const { name, kind, run, model, provider, labels } = outcome;
    const path: (string | undefined)[] = [name, kind, run?.workflow, run?.priority, model, provider];
    for (const key in labels) if (this.#allowed.has(key)) path.push(key, labels[key]);
    let level = this.#root;
    for (const part of path) {
      let next = level.get(part) as Level | undefined;
      if (!next) {
        next = new Map();
        level.set(part, next);
      }
      level = next;
    }
    level.set(undefined, series);
    this.#paths++;
  }

  #keyOf({ kind, name, run, model, provider, labels: own }: Outcome): SeriesKey {
    const labels: Record<string, string> = {};
    for (const key in own) if (this.#allowed.has(key)) labels[key] = shorten(own[key]);
    const known = { workflow: run?.workflow, priority: run?.priority, model, provider };
    for (const [key, value] of Object.entries(known)) if (value !== undefined) labels[key] = shorten(value);
    return { kind, name: shorten(name), labels };
  }
}

function shorten(value: unknown): string {
  return String(value).slice(0, longestValue);
}

function toSeries(key: SeriesKey, text: string): Series {
  return { ...key, id: seriesId(text), live: undefined, usedAt: 0 };
}

function keyText({ kind, name, labels }: SeriesKey): string {
  return JSON.stringify([kind, name, ...Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/** 52 bits of SHA-256: with 100,000 series two share an id with a probability of one in a million. */
function seriesId(text: string): number {
  return Number.parseInt(createHash("sha256").update(text).digest("hex").slice(0, 13), 16);
}
