import type { Migration, Retention } from "@flyball/storage";

const day = 86_400_000;

/**
 * Minutes are keyed by (series, minute), so that a day of one series is one stretch of the file, and by the process
 * that counted: several processes may write one file, and one that restarts within a minute does not overwrite what
 * it wrote before. Readers add the rows of a minute.
 */
const windowTables = `
CREATE TABLE telemetry_series (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  labels TEXT NOT NULL,
  seen_at INTEGER NOT NULL
);
CREATE INDEX telemetry_series_seen_at ON telemetry_series (seen_at);
CREATE TABLE telemetry_minutes (
  series INTEGER NOT NULL,
  at INTEGER NOT NULL,
  instance INTEGER NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (series, at, instance)
) WITHOUT ROWID;
CREATE INDEX telemetry_minutes_at ON telemetry_minutes (at);
CREATE TABLE telemetry_hours (
  series INTEGER NOT NULL,
  at INTEGER NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (series, at)
) WITHOUT ROWID;
CREATE INDEX telemetry_hours_at ON telemetry_hours (at);
CREATE TABLE telemetry_rolled_up (at INTEGER PRIMARY KEY);
`;

/**
 * A kept trace is one row per process that worked on it: its outermost span's id tells the parts apart. Runs have a
 * table of their own, as one trace may hold several: those of one HTTP request, or workflows nested in nodes.
 */
const traceTables = `
CREATE TABLE telemetry_traces (
  trace_id TEXT NOT NULL,
  root_span_id TEXT NOT NULL,
  run_id TEXT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  duration_ms REAL NOT NULL,
  cost_usd REAL,
  kept_because TEXT NOT NULL,
  span_count INTEGER NOT NULL,
  dropped_spans INTEGER NOT NULL,
  spans TEXT NOT NULL,
  PRIMARY KEY (trace_id, root_span_id)
) WITHOUT ROWID;
CREATE INDEX telemetry_traces_started_at ON telemetry_traces (started_at);
CREATE TABLE telemetry_trace_runs (
  run_id TEXT NOT NULL,
  trace_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  PRIMARY KEY (run_id, trace_id)
) WITHOUT ROWID;
CREATE INDEX telemetry_trace_runs_started_at ON telemetry_trace_runs (started_at);
`;

/** The tables of windows and traces, for `openStore({ migrations })`. */
export const telemetryMigrations: readonly Migration[] = [
  { owner: "telemetry", version: 1, sql: windowTables },
  { owner: "telemetry", version: 2, sql: traceTables },
];

export interface TelemetryRetentionOptions {
  /** How long minutes are kept, milliseconds. Default 2 days: a window reaches back 1,440 minutes at most. */
  readonly minutesMs?: number;
  /** How long hours and series are kept. Default 30 days. */
  readonly hoursMs?: number;
  /** How long traces are kept. Default 30 days. */
  readonly tracesMs?: number;
}

/** What is deleted when, for `openStore({ retention })`. */
export function telemetryRetention(options: TelemetryRetentionOptions = {}): readonly Retention[] {
  const { minutesMs = 2 * day, hoursMs = 30 * day, tracesMs = 30 * day } = options;
  return [
    { table: "telemetry_minutes", timeColumn: "at", keepMs: minutesMs },
    { table: "telemetry_hours", timeColumn: "at", keepMs: hoursMs },
    { table: "telemetry_rolled_up", timeColumn: "at", keepMs: hoursMs },
    { table: "telemetry_series", timeColumn: "seen_at", keepMs: hoursMs + day },
    { table: "telemetry_traces", timeColumn: "started_at", keepMs: tracesMs },
    { table: "telemetry_trace_runs", timeColumn: "started_at", keepMs: tracesMs },
  ];
}
