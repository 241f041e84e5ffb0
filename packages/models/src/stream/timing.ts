import type { Clock } from "@flyball/core";
import type { StreamTiming } from "@flyball/telemetry";

/** Times the chunks of one answer. */
export interface StreamTimer {
  /** A piece of text has arrived. */
  chunk(): void;
  /** Undefined when nothing arrived. */
  timing(): StreamTiming | undefined;
}

/** Starts timing now. */
export function streamTimer(clock: Clock): StreamTimer {
  const startedAt = clock.monotonic();
  let firstAt = 0;
  let lastAt = 0;
  let chunks = 0;
  return {
    chunk() {
      lastAt = clock.monotonic();
      if (chunks === 0) firstAt = lastAt;
      chunks++;
    },
    timing() {
      if (chunks === 0) return undefined;
      const timing = { timeToFirstChunkMs: firstAt - startedAt, chunks };
      return chunks === 1 ? timing : { ...timing, meanChunkGapMs: (lastAt - firstAt) / (chunks - 1) };
    },
  };
}
