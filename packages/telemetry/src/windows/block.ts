import type { Aggregate } from "./aggregate.ts";
import { mergeEncodedAggregate } from "./aggregate-codec.ts";
import type { Series } from "./series.ts";

export const minuteMs = 60_000;
export const hourMs = 3_600_000;

/** The start of the minute in which `atMs` lies. */
export function minuteOf(atMs: number): number {
  return Math.floor(atMs / minuteMs) * minuteMs;
}

/** One minute of all series that were active in it: as aggregates first, as bytes once they are sealed. */
export interface Block {
  /** Start of the minute, milliseconds since the epoch. */
  readonly at: number;
  /** Which writer of the store it belongs to. A process takes a new one when its clock jumps back. */
  readonly instance: number;
  readonly entries: Map<Series, Aggregate | Uint8Array<ArrayBuffer>>;
}

export function mergeEntry(into: Aggregate, entry: Aggregate | Uint8Array): void {
  if (entry instanceof Uint8Array) mergeEncodedAggregate(into, entry);
  else into.merge(entry);
}
