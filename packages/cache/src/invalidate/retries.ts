import type { Clock, FailureLog, Timer } from "@flyball/core";

/** Work that must be done in the end: tried again every `periodMs` until it is, each piece by its key once. */
export interface Retries {
  /** Does it now; resolves with whether that worked. What did not is tried again. */
  attempt(key: string, work: () => Promise<void>): Promise<boolean>;
  readonly waiting: number;
  stop(): void;
}

const mostWaiting = 1_000;

/** @param onOverflow Too much waits. All of it is dropped, and this must make up for it. */
export function createRetries(periodMs: number, clock: Clock, failures: FailureLog, onOverflow: () => void): Retries {
  const waiting = new Map<string, () => Promise<void>>();
  let timer: Timer | undefined;

  async function tryOnce(key: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      if (waiting.get(key) === work) waiting.delete(key);
      return true;
    } catch (error) {
      failures.report("cache invalidation", error);
      return false;
    }
  }

  async function round(): Promise<void> {
    for (const [key, work] of [...waiting]) if (!(await tryOnce(key, work))) break;
    timer = waiting.size > 0 ? clock.after(periodMs, () => void round()) : undefined;
  }

  return {
    get waiting() {
      return waiting.size;
    },
    async attempt(key, work) {
      if (await tryOnce(key, work)) return true;
      if (waiting.size >= mostWaiting) {
        waiting.clear();
        onOverflow();
      }
      waiting.set(key, work);
      timer ??= clock.after(periodMs, () => void round());
      return false;
    },
    stop() {
      timer?.cancel();
      waiting.clear();
    },
  };
}
