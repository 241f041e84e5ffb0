import { CancelledError, type Clock, TimeoutError } from "@flyball/core";

/** One caller's patience: a deadline and a signal. */
export interface Call {
  readonly what: string;
  readonly clock: Clock;
  /** Why the caller has left; undefined while it waits. */
  readonly left: Error | undefined;
  /** Calls `handler` when the caller leaves, at once if it has. Returns how to take it back. */
  onLeave(handler: (why: Error) => void): () => void;
  /** Makes the caller leave. */
  leave(why: Error): void;
  /** Stops the deadline; the signal is watched on. */
  pause(): void;
  /** Starts the deadline anew. */
  restart(): void;
  /** Stops watching. */
  end(): void;
}

export interface CallSetup {
  /** What is done, for messages. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock: Clock;
}

export function beginCall({ what, timeoutMs, signal, clock }: CallSetup): Call {
  const handlers = new Set<(why: Error) => void>();
  let left: Error | undefined;
  let timer = arm();

  function arm(): { cancel(): void } {
    return clock.after(timeoutMs, () => leave(new TimeoutError(what, timeoutMs)));
  }
  function leave(why: Error): void {
    if (left) return;
    left = why;
    end();
    for (const handler of handlers) handler(why);
    handlers.clear();
  }
  function onAbort(): void {
    leave(new CancelledError(what, signal?.reason));
  }
  function end(): void {
    timer.cancel();
    signal?.removeEventListener("abort", onAbort);
  }

  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return {
    what,
    clock,
    get left() {
      return left;
    },
    onLeave(handler) {
      if (left) handler(left);
      else handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    leave,
    pause: () => timer.cancel(),
    restart() {
      if (left) return;
      timer.cancel();
      timer = arm();
    },
    end,
  };
}

/** Settles as `work` does, or rejects as soon as the caller leaves; a late rejection of `work` is swallowed. */
export function unlessLeft<T>(call: Call, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const takeBack = call.onLeave(reject);
    work.then(
      (value) => {
        takeBack();
        resolve(value);
      },
      (error) => {
        takeBack();
        reject(error);
      },
    );
  });
}
