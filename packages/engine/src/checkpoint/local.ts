import { type Clock, ConfigurationError, systemClock } from "@flyball/core";
import type { Store } from "@flyball/storage";
import type { Decisions } from "@flyball/telemetry";
import { GroupCommit } from "./group-commit.ts";
import { localRetention } from "./local-retention.ts";
import type { CheckpointHead, CheckpointRecord, CheckpointStore, RunStatus } from "./types.ts";

export interface LocalCheckpointOptions {
  /** Opened with `checkpointMigrations`. The checkpoints do not close it. */
  readonly store: Pick<Store, "database" | "writer">;
  /** How long a run is kept after it was last begun, resumed or ended, milliseconds. Default 30 days. */
  readonly keepMs?: number;
  /** Most finished runs kept; older ones go first. Default 10,000. */
  readonly maxFinished?: number;
  /** How long a write is tried again while another process holds the database's lock, milliseconds. Default 2,000. */
  readonly patienceMs?: number;
  readonly clock?: Clock;
}

interface RunRow {
  readonly run_id: string;
  readonly workflow: string;
  readonly graph: string;
  readonly input: Uint8Array;
  readonly unit: string | null;
  readonly session: string | null;
  readonly priority: string | null;
  readonly decisions: string | null;
  readonly trace_id: string;
  readonly span_id: string;
  readonly started_at: number;
  readonly status: RunStatus;
}

const insertRun = `
  INSERT INTO engine_runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(run_id) DO NOTHING`;
const upsertRecord = `
  INSERT INTO engine_records VALUES (?, ?, ?, ?, ?)
  ON CONFLICT(run_id, path) DO UPDATE SET status = excluded.status, value = excluded.value, at = excluded.at`;
const takeClaim = `
  INSERT INTO engine_claims VALUES (?, ?, ?)
  ON CONFLICT(run_id) DO UPDATE SET owner = excluded.owner, until = excluded.until
  WHERE owner = excluded.owner OR until <= ?`;

/**
 * Keeps runs in the embedded database: they survive the process, and the processes of one machine may share them. A
 * record is there after `kill -9` as soon as `save` has resolved; a power failure may take the last ones.
 * @throws ConfigurationError
 */
export function createLocalCheckpoints(options: LocalCheckpointOptions): CheckpointStore {
  const { store, keepMs = 30 * 86_400_000, maxFinished = 10_000, patienceMs = 2_000, clock = systemClock } = options;
  if (!(keepMs > 0)) throw new ConfigurationError("keepMs", keepMs, "a positive number of milliseconds");
  if (!(Number.isInteger(maxFinished) && maxFinished > 0)) {
    throw new ConfigurationError("maxFinished", maxFinished, "a positive integer");
  }
  const { database } = store;
  const commits = new GroupCommit(database, clock, patienceMs);
  const retention = localRetention({ store, keepMs, maxFinished, clock });

  return {
    async create(head) {
      const { runId, workflow, graph, input, unit, session, priority, decisions, traceId, spanId } = head;
      const belonging = [unit, session, priority, decisions && JSON.stringify(decisions)].map((value) => value ?? null);
      const times = [head.startedAt, clock.now()];
      const row = [runId, workflow, graph, input, ...belonging, traceId, spanId, ...times, head.status];
      return (await commits.write(insertRun, ...row)) === 1;
    },
    async save(runId, { path, status, value, at }) {
      await commits.write(upsertRecord, runId, path, status, value, at);
    },
    async setStatus(runId, status) {
      await commits.write(
        "UPDATE engine_runs SET status = ?, updated_at = ? WHERE run_id = ?",
        status,
        clock.now(),
        runId,
      );
      if (status !== "running") retention.runEnded();
    },
    async load(runId) {
      const row = database.get<RunRow>("SELECT * FROM engine_runs WHERE run_id = ?", runId);
      if (!row) return undefined;
      const records = database.all<CheckpointRecord & { readonly path: string }>(
        "SELECT path, status, value, at FROM engine_records WHERE run_id = ?",
        runId,
      );
      return { head: headOf(row), records };
    },
    async list({ status, limit }) {
      const where = status === undefined ? "" : "WHERE status = ?";
      const values = status === undefined ? [limit] : [status, limit];
      const sql = `SELECT * FROM engine_runs ${where} ORDER BY started_at DESC, run_id DESC LIMIT ?`;
      return database.all<RunRow>(sql, ...values).map(headOf);
    },
    async delete(runId) {
      await commits.write("DELETE FROM engine_runs WHERE run_id = ?", runId);
    },
    async claim(runId, owner, ttlMs) {
      const now = clock.now();
      if ((await commits.write(takeClaim, runId, owner, now + ttlMs, now)) === 1) return owner;
      const held = database.get<{ owner: string }>("SELECT owner FROM engine_claims WHERE run_id = ?", runId);
      return held?.owner ?? "";
    },
    async release(runId, owner) {
      await commits.write("DELETE FROM engine_claims WHERE run_id = ? AND owner = ?", runId, owner);
    },
    async close() {
      retention.stop();
    },
  };
}

function headOf(row: RunRow): CheckpointHead {
  const {
    run_id: runId,
    workflow,
    graph,
    input,
    trace_id: traceId,
    span_id: spanId,
    started_at: startedAt,
    status,
  } = row;
  const [unit, session, priority] = [row.unit, row.session, row.priority].map((value) => value ?? undefined);
  // Only `create` above writes decisions.
  const decisions = row.decisions === null ? undefined : (JSON.parse(row.decisions) as Decisions);
  return { runId, workflow, graph, input, unit, session, priority, decisions, traceId, spanId, startedAt, status };
}
