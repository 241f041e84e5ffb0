import type { Decisions } from "@flyball/telemetry";

/** A finished piece of work. One record a node, never a snapshot of all: writing stays linear in the run's length. */
export interface CheckpointRecord {
  /** The node's path, unique within the run. */
  readonly path: string;
  readonly status: "ok" | "skipped" | "suspended";
  /** The node's value, encoded with `node:v8` so that dates, maps, buffers and big integers survive. */
  readonly value: Uint8Array;
  readonly at: number;
}

/** The start of a run. */
export interface CheckpointHead {
  readonly runId: string;
  readonly workflow: string;
  /** A hash of the graph's shape: a resumed run must meet the graph that it started with. */
  readonly graph: string;
  readonly input: Uint8Array;
  readonly unit: string | undefined;
  readonly session: string | undefined;
  readonly priority: string | undefined;
  readonly decisions: Decisions | undefined;
  readonly traceId: string;
  readonly spanId: string;
  readonly startedAt: number;
  readonly status: "running" | "suspended" | "completed" | "failed" | "cancelled";
}

/** Where runs are kept so that another process can go on with them. */
export interface CheckpointStore {
  /** Stores the head; false when the run id exists already. */
  create(head: CheckpointHead): Promise<boolean>;
  /** Stores one finished node; durable (as far as the engine behind it is) when it resolves. Idempotent by path. */
  save(runId: string, record: CheckpointRecord): Promise<void>;
  setStatus(runId: string, status: CheckpointHead["status"]): Promise<void>;
  load(runId: string): Promise<{ readonly head: CheckpointHead; readonly records: CheckpointRecord[] } | undefined>;
  /** Runs by status, newest first. */
  list(options: { readonly status?: CheckpointHead["status"]; readonly limit: number }): Promise<CheckpointHead[]>;
  delete(runId: string): Promise<void>;
  close(): Promise<void>;
}
