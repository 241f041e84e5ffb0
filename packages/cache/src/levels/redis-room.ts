import type { Clock } from "@flyball/core";

export interface RedisRoom {
  /** Whether Redis has room. Asks `readInfo` for its `INFO memory` now and then, and otherwise remembers. */
  there(readInfo: () => Promise<string | Uint8Array>): Promise<boolean>;
  /** Redis itself said that it has none. */
  full(): void;
}

const checkEveryMs = 5_000;

/**
 * Bounds what a cache adds to a Redis. What an entry takes there, and when it goes, only Redis knows; so its own figure
 * is asked for every few seconds while there are writes.
 */
export function redisRoom({ maxBytes, clock }: { readonly maxBytes: number; readonly clock: Clock }): RedisRoom {
  let there = true;
  let checkAt = Number.NEGATIVE_INFINITY;
  return {
    async there(readInfo) {
      if (clock.monotonic() < checkAt) return there;
      checkAt = clock.monotonic() + checkEveryMs;
      const used = /^used_memory:(\d+)/m.exec(String(Buffer.from(await readInfo())))?.[1];
      there = used === undefined || Number(used) <= maxBytes;
      return there;
    },
    full() {
      there = false;
      checkAt = clock.monotonic() + checkEveryMs;
    },
  };
}
