import type { Clock } from "@flyball/core";
import type { Store } from "@flyball/storage";

export interface LocalRetentionOptions {
  readonly store: Pick<Store, "database" | "writer">;
  readonly keepMs: number;
  readonly maxFinished: number;
  readonly clock: Clock;
}

export interface LocalRetention {
  runEnded(): void;
  stop(): void;
}

const runsPerSweep = 64;
const sweepEveryMs = 3_600_000;

const finished = "status IN ('completed', 'failed', 'cancelled')";
const tooOld = "SELECT run_id, updated_at FROM engine_runs WHERE updated_at < ? ORDER BY updated_at LIMIT ?";
const tooMany = `
  SELECT run_id, updated_at FROM engine_runs
  WHERE ${finished} AND updated_at < (
    SELECT updated_at FROM engine_runs WHERE ${finished} ORDER BY updated_at DESC LIMIT 1 OFFSET ?)
  ORDER BY updated_at LIMIT ?`;
/** Spares a run that was resumed since it was found. Its records go with it. */
const deleteRun = `
  DELETE FROM engine_runs WHERE run_id = ? AND updated_at = ?
  AND NOT EXISTS (SELECT 1 FROM engine_claims WHERE engine_claims.run_id = engine_runs.run_id AND until > ?)`;

/**
 * Finds runs that are too old or too many, and has them deleted one by one in the writer thread. It looks after every 64
 * runs that end, for twice as many, so that runs never pile up; and once an hour, for a process that runs none.
 */
export function localRetention({ store, keepMs, maxFinished, clock }: LocalRetentionOptions): LocalRetention {
  const { database, writer } = store;
  let ended = 0;

  function sweep(): void {
    const now = clock.now();
    const most = 2 * runsPerSweep;
    const doomed = new Map<string, number>();
    for (const [sql, bound] of [
      [tooOld, now - keepMs],
      [tooMany, maxFinished - 1],
    ] as const) {
      const rows = database.all<{ run_id: string; updated_at: number }>(sql, bound, most);
      for (const { run_id, updated_at } of rows) doomed.set(run_id, updated_at);
    }
    for (const [runId, updatedAt] of doomed) writer.write(deleteRun, [runId, updatedAt, now]);
    writer.write("DELETE FROM engine_claims WHERE until < ?", [now - keepMs]);
  }

  /** A clean-up that fails is made up for by the next one. */
  function trySweep(): void {
    try {
      sweep();
    } catch {
      // The database is locked or closed: the same trouble reaches whoever writes checkpoints, and is reported there.
    }
  }

  const timer = clock.every(sweepEveryMs, trySweep);
  return {
    runEnded() {
      if (ended++ % runsPerSweep === 0) trySweep();
    },
    stop: () => timer.cancel(),
  };
}
