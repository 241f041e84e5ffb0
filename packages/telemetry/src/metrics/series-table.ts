import type { Attributes } from "@opentelemetry/api";
import { overflowLabel } from "../names.ts";

/** One series: its attributes and what has been recorded under them. */
export interface SeriesEntry<Cell> {
  readonly attributes: Attributes;
  readonly cell: Cell;
}

/** Carried by the one series that takes what no longer fits. */
export const overflowAttributes: Attributes = Object.freeze({ [overflowLabel]: "true" });

/**
 * The series of one instrument, by attributes, at most `limit` of them; further ones share one overflow series.
 *
 * Frozen attribute objects are remembered by identity: a caller that keeps one per series pays a single Map lookup
 * a record, where hashing five attributes costs most of a microsecond. Only frozen ones, since an object that can
 * change may mean another series at its next use.
 */
export class SeriesTable<Cell> {
  readonly #limit: number;
  readonly #create: () => Cell;
  readonly #byIdentity = new Map<object, Cell>();
  readonly #byKey = new Map<string, SeriesEntry<Cell>>();

  constructor(limit: number, create: () => Cell) {
    this.#limit = limit;
    this.#create = create;
  }

  cell(attributes: Attributes): Cell {
    return this.#byIdentity.get(attributes) ?? this.#find(attributes);
  }

  entries(): Iterable<SeriesEntry<Cell>> {
    return this.#byKey.values();
  }

  #find(attributes: Attributes): Cell {
    const key = keyOf(attributes);
    let entry = this.#byKey.get(key);
    if (!entry) {
      // The last place is kept for the overflow series itself.
      if (this.#byKey.size >= this.#limit - 1 && attributes !== overflowAttributes)
        return this.cell(overflowAttributes);
      entry = { attributes: Object.freeze({ ...attributes }), cell: this.#create() };
      this.#byKey.set(key, entry);
    }
    // Twice the limit: several objects may spell one series, but a caller that freezes a new one each time must not
    // fill the memory.
    if (Object.isFrozen(attributes) && this.#byIdentity.size < 2 * this.#limit) {
      this.#byIdentity.set(attributes, entry.cell);
    }
    return entry.cell;
  }
}

function keyOf(attributes: Attributes): string {
  const keys = Object.keys(attributes);
  if (keys.length === 0) return "";
  return JSON.stringify(keys.sort().map((key) => [key, attributes[key]]));
}
