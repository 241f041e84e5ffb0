import { CancelledError, type Clock, FlyballError, TimeoutError } from "@flyball/core";

/** A signal of one operation: aborts at its deadline, or when the caller's signal does. */
export interface OperationSignal {
  /** Its reason is always an Error of ours: TimeoutError, CancelledError, or the FlyballError the caller aborted with. */
  readonly signal: AbortSignal;
  /** Milliseconds left until the deadline. */
  remainingMs(): number;
  /** Cancels the operation from inside. */
  abort(reason: FlyballError): void;
  /** Takes the timer and the listener back. Call it when the operation has ended. */
  dispose(): void;
}

/** Joins a caller's signal and a deadline of `timeoutMs` (Infinity for none). */
export function operationSignal(
  what: string,
  caller: AbortSignal | undefined,
  timeoutMs: number,
  clock: Clock,
): OperationSignal {
  const controller = new AbortController();
  const startedAt = clock.monotonic();
  const onCallerAbort = (): void => controller.abort(cancellation(what, caller?.reason));
  if (caller?.aborted) onCallerAbort();
  caller?.addEventListener("abort", onCallerAbort, { once: true });
  const timer = Number.isFinite(timeoutMs)
    ? clock.after(timeoutMs, () => controller.abort(new TimeoutError(what, timeoutMs)))
    : undefined;
  return {
    signal: controller.signal,
    remainingMs: () => timeoutMs - (clock.monotonic() - startedAt),
    abort: (reason) => controller.abort(reason),
    dispose() {
      timer?.cancel();
      caller?.removeEventListener("abort", onCallerAbort);
    },
  };
}

/** A caller that aborts with an error of ours (a node's timeout, say) has said what it is; anything else is a cancellation. */
function cancellation(what: string, reason: unknown): FlyballError {
  return reason instanceof FlyballError ? reason : new CancelledError(what, reason);
}

/** Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
