import type { Clock } from "@flyball/core";

/**
 * Monotonic milliseconds, read at most once in a millisecond of the event loop. Asking the system costs more than a
 * look-up in memory does, and nobody sets a time to live by the microsecond.
 */
export class CoarseTime {
  readonly #clock: Clock;
  /** NaN when it must be read anew: every comparison with NaN is false, so a stale reading can never pass for one. */
  #reading = Number.NaN;
  readonly #forget = (): void => {
    this.#reading = Number.NaN;
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    const reading = this.#reading;
    // biome-ignore lint/suspicious/noSelfCompare: the fastest test for NaN, on the hottest line of the package
    return reading === reading ? reading : this.#read();
  }

  /** Read now, for what is measured from here on. */
  exact(): number {
    return this.#clock.monotonic();
  }

  #read(): number {
    this.#reading = this.#clock.monotonic();
    this.#clock.after(1, this.#forget);
    return this.#reading;
  }
}
