import type { Clock } from "@flyball/core";

/** Models that load on first use: whoever comes while one loads waits for the same load. */
export interface Loading {
  /** Milliseconds until `model` can answer; begins the load if nobody has. */
  remainingMs(model: string, loadMs: number): number;
}

export function createLoading(clock: Clock): Loading {
  const readyAt = new Map<string, number>();
  return {
    remainingMs(model, loadMs) {
      if (loadMs === 0) return 0;
      const now = clock.monotonic();
      const ready = readyAt.get(model) ?? now + loadMs;
      readyAt.set(model, ready);
      return Math.max(0, ready - now);
    },
  };
}
