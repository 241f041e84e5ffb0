import type { Clock } from "@flyball/core";
import PQueue from "p-queue";
import { tokenBucket } from "../limit/token-bucket.ts";
import type { EmulatorProfile } from "./profile.ts";
import type { Counters } from "./stats.ts";

/** Who gets in: the provider's rate limit, then its slots, then its queue. */
export interface Admission {
  /** Runs `work` when a slot is free, or says after how many milliseconds to try again. */
  admit(signal: AbortSignal, work: () => Promise<void>): Promise<{ readonly retryAfterMs: number } | undefined>;
}

// A full queue empties at a pace that the emulator does not know ahead; providers send a second then, too.
const queueFullRetryMs = 1000;

export function createAdmission(profile: EmulatorProfile, clock: Clock, counters: Counters): Admission {
  const { concurrency, rate } = profile;
  const bucket = rate && tokenBucket({ rate: rate.perSecond, burst: rate.burst, clock });
  const slots = new PQueue({ concurrency: concurrency.limit });

  return {
    async admit(signal, work) {
      if (bucket && !bucket.tryTake()) return { retryAfterMs: bucket.waitMs() };
      if (slots.pending >= concurrency.limit && slots.size >= concurrency.queue)
        return { retryAfterMs: queueFullRetryMs };
      const served = slots.add(
        async () => {
          counters.inFlight++;
          counters.inFlightPeak = Math.max(counters.inFlightPeak, counters.inFlight);
          try {
            await work();
          } finally {
            counters.inFlight--;
          }
        },
        { signal },
      );
      counters.waitingPeak = Math.max(counters.waitingPeak, slots.size);
      await served;
      return undefined;
    },
  };
}
