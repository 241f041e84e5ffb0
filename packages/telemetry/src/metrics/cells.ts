import type { Exemplar, HistogramValue } from "./collected.ts";

/** The span that an observation came from. */
export interface TraceLink {
  readonly traceId: string;
  readonly spanId: string;
  /** When it was observed, milliseconds since the epoch. */
  readonly timestampMs: number;
}

/** A number that is added to or replaced. */
export class NumberCell {
  value = 0;
  #exemplar: Exemplar | undefined;

  link(value: number, { traceId, spanId, timestampMs }: TraceLink): void {
    this.#exemplar = { traceId, spanId, value, timestampMs };
  }

  exemplars(): Exemplar[] | undefined {
    return this.#exemplar && [this.#exemplar];
  }
}

/** Counts by bucket, each with the latest exemplar. */
export class HistogramCell {
  readonly #boundaries: readonly number[];
  readonly #counts: number[];
  #exemplars: (Exemplar | undefined)[] | undefined;
  #sum = 0;
  #count = 0;

  constructor(boundaries: readonly number[]) {
    this.#boundaries = boundaries;
    this.#counts = new Array<number>(boundaries.length + 1).fill(0);
  }

  record(value: number): void {
    (this.#counts[bucketOf(this.#boundaries, value)] as number)++;
    this.#sum += value;
    this.#count++;
  }

  link(value: number, { traceId, spanId, timestampMs }: TraceLink): void {
    this.#exemplars ??= new Array<Exemplar | undefined>(this.#counts.length).fill(undefined);
    this.#exemplars[bucketOf(this.#boundaries, value)] = { traceId, spanId, value, timestampMs };
  }

  exemplars(): (Exemplar | undefined)[] | undefined {
    return this.#exemplars?.slice();
  }

  /** A copy: exporters send later than they collect. */
  snapshot(): HistogramValue {
    return {
      buckets: { boundaries: this.#boundaries as number[], counts: this.#counts.slice() },
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
