import type { Attributes } from "@opentelemetry/api";
import { overflowAttributes } from "./series-table.ts";

/** Longest label value; what is longer is cut, since a label is a word and not a text. */
const longestValue = 128;

/** Reads one label's value off what is recorded; undefined or empty leaves the label out. */
export type LabelGetter<Source> = (source: Source) => string | undefined;

type Level = Map<unknown, Level | Attributes>;

/**
 * Finds the frozen attributes object of a series from what is recorded, without making anything: one Map a label,
 * nested, so that a lookup is one step per label. At most `limit` series; further ones share the overflow's.
 */
export class LabelSet<Source> {
  readonly #names: readonly string[];
  readonly #getters: readonly LabelGetter<Source>[];
  readonly #limit: number;
  readonly #root: Level = new Map();
  #size = 0;

  constructor(getters: Readonly<Record<string, LabelGetter<Source>>>, limit: number) {
    this.#names = Object.keys(getters);
    this.#getters = Object.values(getters);
    this.#limit = limit;
  }

  attributesOf(source: Source): Attributes {
    const getters = this.#getters;
    let level: Level | Attributes | undefined = this.#root;
    for (let index = 0; index < getters.length; index++) {
      level = (level as Level).get((getters[index] as LabelGetter<Source>)(source));
      if (level === undefined) return this.#add(source);
    }
    return level as Attributes;
  }

  #add(source: Source): Attributes {
    // One place is the overflow's own; nothing is kept for what does not fit, or a hostile value fills the memory.
    if (this.#size >= this.#limit - 1) return overflowAttributes;
    const values = this.#getters.map((getter) => getter(source));
    const attributes: Attributes = {};
    for (const [index, name] of this.#names.entries()) {
      const value = values[index];
      if (value !== undefined && value !== "") attributes[name] = String(value).slice(0, longestValue);
    }
    Object.freeze(attributes);
    let level = this.#root;
    for (const value of values.slice(0, -1)) {
      const next: Level = (level.get(value) as Level | undefined) ?? new Map();
      level.set(value, next);
      level = next;
    }
    level.set(values.at(-1), attributes);
    this.#size++;
    return attributes;
  }
}
