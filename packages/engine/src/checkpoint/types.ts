import type { Decisions } from "@flyball/telemetry";

/** A finished piece of work. One record a node, never a snapshot of all: writing stays linear in the run's length. */
export interface CheckpointRecord {
  /** The node's path, unique within the run. What the engine fixes for a path ends in `#…`, for example `checks#items`. */
  readonly path: string;
  /** `failed` is kept for parts of partial work only; `suspended` waits for a person and holds what was shown. */
  readonly status: "ok" | "skipped" | "suspended" | "failed";
  /** The node's value, encoded with `node:v8` so that dates, maps, buffers and big integers survive. */
  readonly value: Uint8Array;
  /** Milliseconds since the epoch. */
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
  /** Empty when nothing recorded the run. */
  readonly traceId: string;
  readonly spanId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly status: RunStatus;
}

/** `running` is also what a killed process leaves behind. */
export type RunStatus = "running" | "suspended" | "completed" | "failed" | "cancelled";

export interface StoredRun {
  readonly head: CheckpointHead;
  readonly records: CheckpointRecord[];
}

/** Where runs are kept so that another process can go on with them. Every method rejects when the engine behind it fails. */
export interface CheckpointStore {
  /** Stores the head; false when the run id exists already. */
  create(head: CheckpointHead): Promise<boolean>;
  /**
   * Stores one finished node; durable (as far as the engine behind it is) when it resolves. A record of the same path
   * is replaced, so that saving twice does no harm. Saving for a run that does not exist rejects.
   */
  save(runId: string, record: CheckpointRecord): Promise<void>;
  setStatus(runId: string, status: RunStatus): Promise<void>;
  load(runId: string): Promise<StoredRun | undefined>;
  /** Runs by status, newest first. */
  list(options: { readonly status?: RunStatus; readonly limit: number }): Promise<CheckpointHead[]>;
  delete(runId: string): Promise<void>;
  /**
   * Takes the right to go on with a run for `ttlMs`, or extends it. Returns who holds it now: `owner` when that
   * succeeded. The run need not exist yet.
   */
  claim(runId: string, owner: string, ttlMs: number): Promise<string>;
  /** Gives the right up; does nothing when somebody else has it. */
  release(runId: string, owner: string): Promise<void>;
  close(): Promise<void>;
}
