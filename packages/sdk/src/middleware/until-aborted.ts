import { CancelledError, FlyballError } from "@flyball/core";

/**
 * The promise, or a rejection as soon as the signal aborts: whoever stopped waiting should not be kept. `unless`: it is
 * the caller's own work that runs by now, which sees the signal itself and ends in its own way.
 */
export async function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  what: string,
  unless: () => boolean,
): Promise<T> {
  if (!signal) return promise;
  let stop = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      if (unless()) return;
      reject(signal.reason instanceof FlyballError ? signal.reason : new CancelledError(what, signal.reason));
    };
  });
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
    // What ends after the abort has nobody left to hear it.
    promise.catch(() => {});
  }
}
