import type { Clock } from "@flyball/core";

/** Wall times that tell what was before what inside one millisecond. */
export interface Stamps {
  /** When a computation begins. Later than every stamp that this process gave before. */
  computation(): number;
  /** When something is deleted: later than what other processes began in the same millisecond, too. */
  deletion(): number;
}

/** Least difference between two stamps; a double has room for it in this century's milliseconds. */
const tick = 0.001;
/** Stamps run ahead of the clock by a few milliseconds at most; more means that it was set back. */
const mostAheadMs = 1_000;

export function createStamps(clock: Clock): Stamps {
  let last = Number.NEGATIVE_INFINITY;

  function stamp(offset: number): number {
    const now = clock.now();
    if (last > now + mostAheadMs) last = now;
    last = Math.max(now + offset, last + tick);
    return last;
  }

  return { computation: () => stamp(0), deletion: () => stamp(1 - tick) };
}
