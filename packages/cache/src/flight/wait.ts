import { type Clock, TimeoutError } from "@flyball/core";
import type { Times } from "../settings.ts";
import type { Flight, Landed } from "./flights.ts";

/** A flight took longer than a call with a stale answer at hand wants to wait. */
export const tooLate: unique symbol = Symbol("too late");

/**
 * Waits for a flight: to its end, to the soft timeout if `mayGiveUp`, or to the hard timeout, which rejects. When the
 * last to wait has gone at the hard timeout, the flight is aborted; after a soft one it goes on.
 */
export function waitFor(
  flight: Flight,
  times: Times,
  mayGiveUp: boolean,
  what: string,
  clock: Clock,
): Promise<Landed | typeof tooLate> {
  const softMs = mayGiveUp ? times.softTimeoutMs : Number.POSITIVE_INFINITY;
  const { hardTimeoutMs } = times;
  flight.waiters++;
  if (softMs === Number.POSITIVE_INFINITY && hardTimeoutMs === Number.POSITIVE_INFINITY) return flight.landed;
  return new Promise((resolve, reject) => {
    const late = (): void => {
      const error = new TimeoutError(what, hardTimeoutMs);
      if (--flight.waiters === 0) flight.abort(error);
      reject(error);
    };
    const timers = [
      ...(softMs < hardTimeoutMs ? [clock.after(softMs, () => resolve(tooLate))] : []),
      ...(Number.isFinite(hardTimeoutMs) ? [clock.after(hardTimeoutMs, late)] : []),
    ];
    const stop = (): void => {
      for (const timer of timers) timer.cancel();
    };
    flight.landed.then(resolve, reject).finally(stop);
  });
}
