import type { Clock } from "@flyball/core";

/**
 * A clock on which everything takes `scale` times as long in reality: at 1/20 a second on it is 50 ms. Emulators think
 * in the reference's milliseconds on it, so that not only latencies but rate limits and cache lifetimes shrink alike.
 */
export function scaledClock(clock: Clock, scale: number): Clock {
  return {
    now: clock.now,
    monotonic: () => clock.monotonic() / scale,
    after: (delayMs, run) => clock.after(delayMs * scale, run),
    every: (periodMs, run) => clock.every(periodMs * scale, run),
    sleep: (delayMs, signal) => clock.sleep(delayMs * scale, signal),
  };
}
