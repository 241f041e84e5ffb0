import { IncompatibleSketchError } from "./errors.ts";

/** Values below are counted as zero: a nanosecond of a millisecond, a billionth of a dollar. */
const smallestValue = 1e-9;
/** Values above are counted in the last bin; `max` and `sum` stay exact. */
const largestValue = 1e12;
/** Bins are added in steps, so that a drifting distribution does not copy its array at every new extreme. */
const growth = 32;

export interface SketchOptions {
  /** Largest relative error of a quantile, between 0 and 1. Default 0.01. */
  readonly relativeError?: number;
}

/**
 * Counts values in logarithmic bins, so that any quantile is known within a relative error and sketches of
 * different minutes and machines merge without loss.
 *
 * The algorithm is DDSketch: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
 * relative-error guarantees", VLDB 2019, https://arxiv.org/abs/1908.10693. Instead of collapsing bins, the range
 * is fixed (1e-9 to 1e12, with a bin for zero), which bounds the memory at 20 KB for 1 % and keeps the guarantee
 * for every quantile; the array covers only the part of the range that was seen.
 */
export interface Sketch {
  readonly relativeError: number;
  /** Values counted; refused ones are not. */
  readonly count: number;
  readonly sum: number;
  /** Exact; undefined when empty. */
  readonly min: number | undefined;
  /** Exact; undefined when empty. */
  readonly max: number | undefined;
  /** Values that were NaN, infinite or negative: counted here and nowhere else. */
  readonly refused: number;
  /** Counts a value. Never throws. */
  add(value: number): void;
  /** Adds what another sketch counted. @throws IncompatibleSketchError when the relative errors differ. */
  merge(other: Sketch): void;
  /**
   * The value at quantile `q` (0 to 1, clipped), within the relative error of the exact lower quantile, the
   * element at index floor(q · (count − 1)) of the sorted values. Undefined when empty.
   */
  quantile(q: number): number | undefined;
  /** How many values were at most `value`, exact up to the values that share its bin. */
  countAtMost(value: number): number;
  /** Forgets everything but keeps the memory, so that a sketch can be used for the next minute. */
  reset(): void;
}

/** Makes an empty sketch. @throws RangeError when the relative error is not between 0 and 1. */
export function createSketch(options: SketchOptions = {}): Sketch {
  const relativeError = options.relativeError ?? 0.01;
  if (!(relativeError > 0 && relativeError < 1)) {
    throw new RangeError(`relativeError must be between 0 and 1, got ${relativeError}`);
  }
  return new LogSketch(relativeError);
}

/** The one implementation. A class, because `add` is on the path of every operation and its fields stay in place. */
export class LogSketch implements Sketch {
  readonly relativeError: number;
  count = 0;
  sum = 0;
  zeros = 0;
  refused = 0;
  /** Infinity when empty. */
  lowest: number = Number.POSITIVE_INFINITY;
  highest: number = Number.NEGATIVE_INFINITY;
  bins: Float64Array = new Float64Array(0);
  /** Index of the bin in `bins[0]`; bin i holds values in (γ^(i−1), γ^i]. */
  first = 0;
  readonly #scale: number;
  readonly #gamma: number;
  readonly smallestIndex: number;
  readonly largestIndex: number;

  constructor(relativeError: number) {
    this.relativeError = relativeError;
    this.#gamma = (1 + relativeError) / (1 - relativeError);
    this.#scale = 1 / Math.log(this.#gamma);
    this.smallestIndex = Math.ceil(Math.log(smallestValue) * this.#scale);
    this.largestIndex = Math.ceil(Math.log(largestValue) * this.#scale);
  }

  get min(): number | undefined {
    return this.count === 0 ? undefined : this.lowest;
  }

  get max(): number | undefined {
    return this.count === 0 ? undefined : this.highest;
  }

  add(value: number): void {
    // One comparison refuses negatives and NaN, the other infinity.
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      this.refused++;
      return;
    }
    this.count++;
    this.sum += value;
    if (value < this.lowest) this.lowest = value + 0; // Minus zero becomes zero.
    if (value > this.highest) this.highest = value + 0;
    if (value < smallestValue) {
      this.zeros++;
      return;
    }
    let slot = Math.ceil(Math.log(value) * this.#scale) - this.first;
    if (slot < 0 || slot >= this.bins.length) slot = this.#makeRoom(slot + this.first);
    (this.bins[slot] as number)++;
  }

  merge(other: Sketch): void {
    if (!(other instanceof LogSketch) || other.relativeError !== this.relativeError) {
      throw new IncompatibleSketchError(this.relativeError, other.relativeError);
    }
    this.refused += other.refused;
    if (other.count === 0) return;
    this.addTotals(other.count, other.zeros, other.sum, other.lowest, other.highest);
    const { bins, first } = other;
    this.cover(first, first + bins.length - 1);
    const shift = first - this.first;
    for (let slot = 0; slot < bins.length; slot++) {
      this.bins[slot + shift] = (this.bins[slot + shift] as number) + (bins[slot] as number);
    }
  }

  quantile(q: number): number | undefined {
    if (this.count === 0 || Number.isNaN(q)) return undefined;
    const rank = Math.min(1, Math.max(0, q)) * (this.count - 1);
    if (rank === 0) return this.lowest;
    if (rank === this.count - 1) return this.highest;
    let seen = this.zeros;
    if (seen > rank) return this.#clip(0);
    for (let slot = 0; slot < this.bins.length; slot++) {
      seen += this.bins[slot] as number;
      if (seen > rank) return this.#clip((2 * this.#gamma ** (this.first + slot)) / (this.#gamma + 1));
    }
    return this.highest;
  }

  countAtMost(value: number): number {
    if (value < 0 || Number.isNaN(value)) return 0;
    if (value >= this.highest) return this.count;
    let seen = this.zeros;
    const last = (this.binOf(value) ?? Number.NEGATIVE_INFINITY) - this.first;
    for (let slot = 0; slot <= last && slot < this.bins.length; slot++) seen += this.bins[slot] as number;
    return seen;
  }

  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.zeros = 0;
    this.refused = 0;
    this.lowest = Number.POSITIVE_INFINITY;
    this.highest = Number.NEGATIVE_INFINITY;
    this.bins.fill(0);
  }

  /** The index of the bin that counts a value; undefined for what counts as zero. */
  binOf(value: number): number | undefined {
    if (value < smallestValue) return undefined;
    return Math.min(this.largestIndex, Math.ceil(Math.log(value) * this.#scale));
  }

  addTotals(count: number, zeros: number, sum: number, lowest: number, highest: number): void {
    this.count += count;
    this.zeros += zeros;
    this.sum += sum;
    if (lowest < this.lowest) this.lowest = lowest;
    if (highest > this.highest) this.highest = highest;
  }

  /** Makes room for bins `from` to `to`, both within the range, so that they can be added to without asking again. */
  cover(from: number, to: number): void {
    if (to < from) return;
    if (from < this.first || this.bins.length === 0) this.#makeRoom(from);
    if (to >= this.first + this.bins.length) this.#makeRoom(to);
  }

  /** Extends the array to cover `index`, or the edge of the range that it lies beyond; returns its slot. */
  #makeRoom(index: number): number {
    const wanted = Math.min(this.largestIndex, Math.max(this.smallestIndex, index));
    const empty = this.bins.length === 0;
    const end = this.first + this.bins.length;
    const low = empty ? wanted : Math.min(this.first, wanted);
    const high = empty ? wanted + 1 : Math.max(end, wanted + 1);
    if (empty || low < this.first || high > end) {
      const newFirst = Math.max(this.smallestIndex, low < this.first || empty ? low - growth : low);
      const newEnd = Math.min(this.largestIndex + 1, high > end || empty ? high + growth : high);
      const bins = new Float64Array(newEnd - newFirst);
      bins.set(this.bins, empty ? 0 : this.first - newFirst);
      this.bins = bins;
      this.first = newFirst;
    }
    return wanted - this.first;
  }

  /** An estimate outside what was seen is moved to the nearest value seen, which only brings it closer. */
  #clip(value: number): number {
    return Math.min(this.highest, Math.max(this.lowest, value));
  }
}
