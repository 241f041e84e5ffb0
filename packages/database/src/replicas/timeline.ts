import type { Position } from "./position.ts";

/**
 * When the primary was where. From it follows how old a replica's data is, without a heartbeat table and also while
 * the primary is idle, where PostgreSQL's own time of the last replayed transaction says nothing.
 */
export interface Timeline {
  add(position: Position, atMs: number): void;
  /** How long a replica at `replayed` has been missing something, milliseconds; 0 when it has all that is known of. */
  lagMs(replayed: Position, nowMs: number): number;
}

/** Remembers the last `most` moments at which the primary had moved. */
export function createTimeline(most = 600): Timeline {
  const moments: { readonly position: Position; readonly atMs: number }[] = [];
  return {
    add(position, atMs) {
      const last = moments.at(-1);
      if (last && position <= last.position) {
        // A primary that went back was restored from a backup or replaced: what was known of it is void.
        if (position < last.position) moments.length = 0;
        else return;
      }
      moments.push({ position, atMs });
      if (moments.length > most) moments.shift();
    },
    lagMs(replayed, nowMs) {
      // The first moment that the replica has not reached is when it began to lag.
      const missing = moments.find(({ position }) => position > replayed);
      return missing ? Math.max(0, nowMs - missing.atMs) : 0;
    },
  };
}
