import type { Migration } from "@flyball/storage";

/** The tables of local checkpoints; give them to `openStore`. */
export const checkpointMigrations: readonly Migration[] = [
  {
    owner: "engine",
    version: 1,
    sql: `
      CREATE TABLE engine_runs(
        run_id TEXT PRIMARY KEY,
        workflow TEXT NOT NULL,
        graph TEXT NOT NULL,
        input BLOB NOT NULL,
        unit TEXT,
        session TEXT,
        priority TEXT,
        decisions TEXT,
        trace_id TEXT NOT NULL,
        span_id TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        status TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE INDEX engine_runs_started ON engine_runs(started_at);
      CREATE INDEX engine_runs_updated ON engine_runs(updated_at);
      CREATE INDEX engine_runs_finished ON engine_runs(updated_at) WHERE status IN ('completed', 'failed', 'cancelled');
      CREATE TABLE engine_records(
        run_id TEXT NOT NULL REFERENCES engine_runs(run_id) ON DELETE CASCADE,
        path TEXT NOT NULL,
        status TEXT NOT NULL,
        value BLOB NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY(run_id, path)
      ) WITHOUT ROWID;
      CREATE TABLE engine_claims(
        run_id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        until INTEGER NOT NULL
      ) WITHOUT ROWID;`,
  },
];
