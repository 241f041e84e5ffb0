import type { Clock } from "./clock.ts";
import { TimeoutError } from "./errors.ts";

/**
 * Settles as `promise` does, or rejects with a TimeoutError after `timeoutMs`. The promise itself is not
 * cancelled: pass an AbortSignal to what it waits for. A late rejection is swallowed, never unhandled.
 */
export function withDeadline<T>(promise: Promise<T>, timeoutMs: number, what: string, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => reject(new TimeoutError(what, timeoutMs)));
    promise.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
