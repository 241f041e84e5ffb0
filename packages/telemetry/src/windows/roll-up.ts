import type { Clock, FailureLog, Timer } from "@flyball/core";
import type { Store } from "@flyball/storage";
import { Aggregate } from "./aggregate.ts";
import { encodeAggregate, mergeEncodedAggregate } from "./aggregate-codec.ts";
import { hourMs } from "./block.ts";

/** Hours are rolled up this long after their end: slow writers of other processes have finished by then. */
const graceMs = 5 * 60_000;
const everyMs = 10 * 60_000;
/** How far back a process that starts makes up for hours in which none ran to the end. */
const reachBackHours = 47;
/** Series rolled up between two turns of the event loop: some 2 ms of work. */
const seriesAtOnce = 8;

const activeSeries = "SELECT DISTINCT series FROM telemetry_minutes WHERE at >= ? AND at < ?";
const minutes = "SELECT value FROM telemetry_minutes WHERE series = ? AND at >= ? AND at < ?";
const writeHour = `INSERT INTO telemetry_hours (series, at, value) VALUES (?, ?, ?)
  ON CONFLICT (series, at) DO UPDATE SET value = excluded.value`;
const markHour = "INSERT OR IGNORE INTO telemetry_rolled_up (at) VALUES (?)";

/** Keeps hours when minutes are deleted. */
export interface RollUp {
  /** Rolls up what is due now; resolves when it is queued for writing. */
  run(): Promise<void>;
  stop(): void;
}

/**
 * Adds up the minutes of every hour that is over. It works from the stored rows of all processes, so it does not
 * matter which process does it, or whether two do: they write the same.
 */
export function startRollUp({ database, writer }: Store, clock: Clock, failures: FailureLog): RollUp {
  let running: Promise<void> | undefined;
  let stopped = false;

  function dueHours(): number[] {
    const end = Math.floor((clock.now() - graceMs) / hourMs) * hourMs;
    const start = end - reachBackHours * hourMs;
    const rows = database.all<{ at: number }>("SELECT at FROM telemetry_rolled_up WHERE at >= ?", start);
    const done = new Set(rows.map(({ at }) => at));
    const due: number[] = [];
    for (let at = start; at < end; at += hourMs) if (!done.has(at)) due.push(at);
    return due;
  }

  async function rollUp(at: number): Promise<void> {
    const series = database.all<{ series: number }>(activeSeries, at, at + hourMs);
    if (series.length === 0) return;
    let complete = true;
    for (const [position, { series: id }] of series.entries()) {
      if (position % seriesAtOnce === 0) await clock.sleep(0);
      if (stopped) return;
      const hour = new Aggregate();
      for (const { value } of database.all<{ value: Uint8Array }>(minutes, id, at, at + hourMs)) merge(hour, value);
      complete = writer.write(writeHour, [id, at, encodeAggregate(hour)]) && complete;
    }
    // What did not fit the queue is tried again at the next run.
    if (complete) writer.write(markHour, [at]);
  }

  function merge(hour: Aggregate, value: Uint8Array): void {
    try {
      mergeEncodedAggregate(hour, value);
    } catch (error) {
      failures.report("window row", error);
    }
  }

  async function runOnce(): Promise<void> {
    try {
      for (const at of dueHours()) {
        if (stopped) return;
        await rollUp(at);
      }
    } catch (error) {
      failures.report("roll-up", error);
    }
  }

  const run = (): Promise<void> => {
    running ??= runOnce().finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer: Timer = clock.every(everyMs, () => void run());
  return {
    run,
    stop() {
      stopped = true;
      timer.cancel();
    },
  };
}
