import { type Clock, type FailureLog, withDeadline } from "@flyball/core";

/** Gives something back, in at most about `timeoutMs`. */
export type Close = (timeoutMs: number) => Promise<unknown> | unknown;

/** What was opened, to be closed in the opposite order. */
export interface Closers {
  /** What is added after everything was closed is closed at once. */
  add(name: string, close: Close): void;
  /**
   * Closes everything, the last opened first, within `timeoutMs` in all. What fails or runs out of time is logged and
   * the rest goes on. Further calls get the first one's promise.
   */
  run(timeoutMs: number): Promise<void>;
}

// What comes last (the store) gets at least this, even when what came before used up the time.
const leastMs = 100;

export function createClosers(clock: Clock, failures: FailureLog): Closers {
  const stack: [string, Close][] = [];
  let running: Promise<void> | undefined;
  let finished = false;

  async function closeOne([name, close]: [string, Close], timeoutMs: number): Promise<void> {
    try {
      await withDeadline((async () => close(timeoutMs))(), timeoutMs, `closing ${name}`, clock);
    } catch (error) {
      failures.report(`closing ${name}`, error);
    }
  }

  async function closeAll(timeoutMs: number): Promise<void> {
    const until = clock.monotonic() + timeoutMs;
    // Nothing else may be left that keeps the process alive until the last thing is written.
    const alive = setInterval(() => {}, 2 ** 30);
    for (let next = stack.pop(); next; next = stack.pop()) {
      await closeOne(next, Math.max(leastMs, until - clock.monotonic()));
    }
    finished = true;
    clearInterval(alive);
  }

  return {
    add(name, close) {
      if (finished) void closeOne([name, close], leastMs);
      else stack.push([name, close]);
    },
    run(timeoutMs) {
      running ??= closeAll(timeoutMs);
      return running;
    },
  };
}
