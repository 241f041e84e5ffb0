import { hourMs, minuteMs } from "../rule.ts";

/** How much of its past a tally remembers. */
export interface Reach {
  readonly minutes: number;
  /** Whole hours beyond the minutes; 0 for none. */
  readonly hours: number;
}

/**
 * One input's numbers, minute by minute and, where a rule looks further back, hour by hour. Two rings: a slot is
 * valid only for the minute that its stamp names, so gaps need no clearing.
 */
export class Tally {
  readonly #minutes: Float64Array;
  readonly #stamps: Float64Array;
  readonly #passes: Float64Array;
  readonly #hours: Float64Array;
  readonly #hourStamps: Float64Array;
  readonly #hourPasses: Float64Array;

  constructor({ minutes, hours }: Reach) {
    this.#minutes = new Float64Array(minutes);
    this.#stamps = new Float64Array(minutes).fill(-1);
    this.#passes = new Float64Array(minutes);
    this.#hours = new Float64Array(hours);
    this.#hourStamps = new Float64Array(hours).fill(-1);
    this.#hourPasses = new Float64Array(hours);
  }

  /**
   * Adds to a minute. The first addition of another pass replaces what earlier passes found, so that a minute can be
   * read again when late writers have added to it.
   */
  add(atMs: number, value: number, pass: number): void {
    const minute = Math.floor(atMs / minuteMs);
    const slot = minute % this.#minutes.length;
    const known = this.#stamps[slot] === minute;
    let before = known ? (this.#minutes[slot] as number) : 0;
    if (known && this.#passes[slot] !== pass) {
      this.#addToHour(atMs, -before);
      before = 0;
    }
    this.#stamps[slot] = minute;
    this.#passes[slot] = pass;
    this.#minutes[slot] = before + value;
    this.#addToHour(atMs, value);
  }

  /** Adds to an hour of which no minute is known; the first addition of another pass replaces the hour. */
  addHour(atMs: number, value: number, pass: number): void {
    if (this.#hours.length === 0) return;
    const slot = Math.floor(atMs / hourMs) % this.#hours.length;
    if (this.#hourPasses[slot] !== pass) this.#hourStamps[slot] = -1;
    this.#hourPasses[slot] = pass;
    this.#addToHour(atMs, value);
  }

  /** The sum of the minutes that start in [from, to). Where it reaches beyond the minutes, of whole hours. */
  sum(fromMs: number, toMs: number): number {
    const oldest = toMs - this.#minutes.length * minuteMs;
    if (fromMs >= oldest || this.#hours.length === 0) return this.#sumMinutes(Math.max(fromMs, oldest), toMs);
    const boundary = Math.ceil(oldest / hourMs) * hourMs;
    let total = this.#sumMinutes(boundary, toMs);
    for (let at = Math.floor(fromMs / hourMs) * hourMs; at < boundary; at += hourMs) total += this.hour(at) ?? 0;
    return total;
  }

  /** The sum of an hour; undefined when nothing was counted in it. */
  hour(atMs: number): number | undefined {
    if (this.#hours.length === 0) return undefined;
    const hour = Math.floor(atMs / hourMs);
    const slot = hour % this.#hours.length;
    return this.#hourStamps[slot] === hour ? (this.#hours[slot] as number) : undefined;
  }

  #sumMinutes(fromMs: number, toMs: number): number {
    const size = this.#minutes.length;
    const end = Math.floor(toMs / minuteMs);
    let total = 0;
    for (let minute = Math.floor(fromMs / minuteMs); minute < end; minute++) {
      const slot = minute % size;
      if (this.#stamps[slot] === minute) total += this.#minutes[slot] as number;
    }
    return total;
  }

  #addToHour(atMs: number, value: number): void {
    if (this.#hours.length === 0) return;
    const hour = Math.floor(atMs / hourMs);
    const slot = hour % this.#hours.length;
    if (this.#hourStamps[slot] !== hour) {
      this.#hourStamps[slot] = hour;
      this.#hours[slot] = 0;
    }
    this.#hours[slot] = (this.#hours[slot] as number) + value;
  }
}
