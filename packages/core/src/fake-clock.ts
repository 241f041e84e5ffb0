import type { Clock, Timer } from "./clock.ts";

/** A clock that moves only when told, for tests and backtests. */
export interface FakeClock extends Clock {
  /** Moves time forward, running due timers in order and letting promises settle between them. */
  advance(byMs: number): Promise<void>;
  /** Jumps wall time without running timers, as an operator or NTP would. */
  jump(byMs: number): void;
  /** Timers that wait. */
  readonly pending: number;
}

interface Entry {
  due: number;
  readonly order: number;
  readonly period: number | undefined;
  readonly run: () => void;
}

/** Makes a clock that starts at `startMs` (default 2026-01-01T00:00:00Z). */
export function fakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  const entries = new Set<Entry>();
  let monotonic = 0;
  let offset = startMs;
  let order = 0;

  function add(delayMs: number, period: number | undefined, run: () => void): Timer {
    const entry: Entry = { due: monotonic + Math.max(0, delayMs), order: order++, period, run };
    entries.add(entry);
    return { cancel: () => void entries.delete(entry) };
  }

  function nextDue(until: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of entries) {
      if (entry.due > until) continue;
      if (!next || entry.due < next.due || (entry.due === next.due && entry.order < next.order)) next = entry;
    }
    return next;
  }

  return {
    now: () => offset + monotonic,
    monotonic: () => monotonic,
    after: (delayMs, run) => add(delayMs, undefined, run),
    every: (periodMs, run) => add(periodMs, Math.max(1, periodMs), run),
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const timer = add(delayMs, undefined, resolve);
        signal?.addEventListener(
          "abort",
          () => {
            timer.cancel();
            reject(signal.reason);
          },
          { once: true },
        );
      }),
    jump: (byMs) => {
      offset += byMs;
    },
    get pending() {
      return entries.size;
    },
    async advance(byMs) {
      const until = monotonic + byMs;
      await settle();
      for (let entry = nextDue(until); entry; entry = nextDue(until)) {
        monotonic = Math.max(monotonic, entry.due);
        if (entry.period === undefined) entries.delete(entry);
        else entry.due += entry.period;
        entry.run();
        await settle();
      }
      monotonic = until;
    },
  };
}

/** Lets chained promises run; a macrotask drains the whole microtask queue. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
