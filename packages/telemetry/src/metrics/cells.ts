import type { Exemplar, HistogramValue } from "./collected.ts";

/** Written over in place: one record in a bucket's life allocates, all further ones do not. */
class ExemplarSlot implements Exemplar {
  traceId = "";
  spanId = "";
  value = 0;
  timestampMs = 0;
}

function fill(slot: ExemplarSlot, value: number, link: TraceLink, timestampMs: number): ExemplarSlot {
  slot.traceId = link.traceId;
  slot.spanId = link.spanId;
  slot.value = value;
  slot.timestampMs = timestampMs;
  return slot;
}

/** A trace that an exemplar can point to; an outcome is one. */
export interface TraceLink {
  readonly traceId: string;
  readonly spanId: string;
}

/** A number that is added to or replaced. */
export class NumberCell {
  value = 0;
  #exemplar: ExemplarSlot | undefined;

  link(value: number, link: TraceLink, timestampMs: number): void {
    this.#exemplar = fill(this.#exemplar ?? new ExemplarSlot(), value, link, timestampMs);
  }

  exemplars(): Exemplar[] | undefined {
    return this.#exemplar && [{ ...this.#exemplar }];
  }
}

/** Counts by bucket, each with the latest exemplar. */
export class HistogramCell {
  readonly boundaries: readonly number[];
  readonly counts: number[];
  #exemplars: (ExemplarSlot | undefined)[] | undefined;
  #sum = 0;
  #count = 0;

  constructor(boundaries: readonly number[]) {
    this.boundaries = boundaries;
    this.counts = new Array<number>(boundaries.length + 1).fill(0);
  }

  /** Returns the bucket that the value fell into. */
  record(value: number): number {
    const bucket = bucketOf(this.boundaries, value);
    (this.counts[bucket] as number)++;
    this.#sum += value;
    this.#count++;
    return bucket;
  }

  link(bucket: number, value: number, link: TraceLink, timestampMs: number): void {
    this.#exemplars ??= new Array<ExemplarSlot | undefined>(this.counts.length).fill(undefined);
    this.#exemplars[bucket] = fill(this.#exemplars[bucket] ?? new ExemplarSlot(), value, link, timestampMs);
  }

  exemplars(): (Exemplar | undefined)[] | undefined {
    return this.#exemplars?.map((slot) => slot && { ...slot });
  }

  /** A copy: exporters send later than they collect. */
  snapshot(): HistogramValue {
    return {
      buckets: { boundaries: this.boundaries as number[], counts: this.counts.slice() },
      sum: this.#sum,
      count: this.#count,
    };
  }
}

/** The first bucket whose upper bound, which belongs to it, is not below the value. */
function bucketOf(boundaries: readonly number[], value: number): number {
  let low = 0;
  let high = boundaries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((boundaries[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
