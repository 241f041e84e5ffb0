import type { Middleware } from "@flyball/core";
import type { Decisions, RunScope } from "@flyball/telemetry";

/** What a node's function is given beside the state. */
export interface NodeContext {
  readonly run: RunScope;
  /** The node's name. */
  readonly node: string;
  /** Where the node stands in nested work: `summary`, `checks[3]`, `research/market`, … Unique within a run. */
  readonly path: string;
  /** Aborted on timeout, on cancellation of the run, and at shutdown. */
  readonly signal: AbortSignal;
  /** From 1; grows with retries. */
  readonly attempt: number;
  /** From 1 inside a refinement loop. */
  readonly iteration: number | undefined;
  /** Sends a piece of the answer to whoever listens to the run's events; costs nothing when nobody does. */
  emit(chunk: unknown): void;
}

/** Anything that checks a value: a zod schema fits. Throws, or returns the value to keep. */
export interface ValueSchema<T> {
  parse(value: unknown): T;
}

export interface RetryPolicy {
  /** Tries in all, the first included. Default 1. */
  readonly attempts: number;
  /** Delay before the second try; doubles from there. Default 200. */
  readonly backoffMs?: number;
  /** Longest delay. Default 10,000. */
  readonly maxBackoffMs?: number;
  /** Share of the delay that is drawn at random, 0 to 1. Default 0.5. */
  readonly jitter?: number;
  /** Which errors are worth another try. Default: all but cancellation. */
  readonly retryable?: (error: Error) => boolean;
}

/** What every sort of node accepts. `State` is what the node's ancestors wrote. */
export interface NodeOptions<State, Name extends string = string> {
  /** Nodes that must have finished. Default: the node declared before; `[]` starts at once. */
  readonly after?: readonly Name[];
  /** The node is skipped, and its value is undefined, when this is false. */
  readonly when?: (state: State) => boolean;
  readonly retry?: RetryPolicy;
  /** Milliseconds for one try. Default: none. */
  readonly timeoutMs?: number | ((state: State) => number);
  readonly middleware?: readonly Middleware<NodeContext, unknown>[];
  /** Bounded labels on the node's outcome. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The result of one item or branch of partial work: one that failed loses only itself. */
export type Settled<T> =
  | { readonly status: "ok"; readonly value: T }
  | { readonly status: "failed"; readonly error: { readonly type: string; readonly message: string } };

/** What a person answered. */
export interface Approval<Edit = unknown> {
  readonly approved: boolean;
  readonly by?: string;
  readonly comment?: string;
  /** A replacement for what was shown. */
  readonly edit?: Edit;
}

/** One turn of a refinement loop, as the next one sees it. */
export interface Attempt<T> {
  readonly value: T;
  readonly score: number;
}

/** The result of a refinement loop. */
export interface Refined<T> {
  readonly value: T;
  readonly score: number;
  readonly threshold: number;
  readonly iterations: number;
  /** False when the iterations ran out below the threshold; `value` is then the best one. */
  readonly accepted: boolean;
}

/** A run that waits names what it waits for. */
export interface PendingApproval {
  readonly path: string;
  readonly node: string;
  readonly show: unknown;
}

/**
 * How a run ended. `traceId` is empty when the engine has no telemetry. `refused` says that nothing ran and nothing
 * stored was changed: the id is unknown or taken, another process goes on with the run, the graph is another one now.
 */
export type RunResult<State, Output> =
  | {
      readonly status: "completed";
      readonly runId: string;
      readonly traceId: string;
      readonly state: State;
      readonly output: Output;
    }
  | {
      readonly status: "suspended";
      readonly runId: string;
      readonly traceId: string;
      readonly state: Partial<State>;
      readonly pending: readonly PendingApproval[];
    }
  | {
      readonly status: "failed";
      readonly runId: string;
      readonly traceId: string;
      readonly state: Partial<State> /** Path of the node that failed; empty when it was the end of the run that could not be stored. */;
      readonly node: string;
      readonly error: Error;
    }
  | {
      readonly status: "cancelled";
      readonly runId: string;
      readonly traceId: string;
      readonly state: Partial<State>;
      readonly error: Error;
    }
  | { readonly status: "refused"; readonly runId: string; readonly error: Error };

/** What happens inside a run, in order, for progress displays and streaming. */
export type RunEvent =
  | { readonly type: "node-started"; readonly path: string; readonly node: string; readonly at: number }
  | { readonly type: "node-chunk"; readonly path: string; readonly node: string; readonly chunk: unknown }
  | {
      readonly type: "node-retried";
      readonly path: string;
      readonly node: string;
      readonly attempt: number;
      readonly error: Error;
    }
  | {
      readonly type: "node-ended";
      readonly path: string;
      readonly node: string;
      readonly status: "ok" | "error" | "timeout" | "cancelled" | "skipped" | "suspended" | "restored";
      readonly durationMs: number;
      readonly error?: Error;
    }
  | { readonly type: "run-ended"; readonly status: RunResult<unknown, unknown>["status"] };

export interface RunOptions {
  /** Default: made anew. An id that has checkpoints is refused by `start`; use `resume`. */
  readonly runId?: string;
  readonly unit?: string;
  readonly session?: string;
  readonly priority?: string;
  readonly decisions?: Decisions;
  readonly signal?: AbortSignal;
  /** Most nodes at work at once in this run, items and branches counted one by one. Default: no limit. */
  readonly concurrency?: number;
  /**
   * Answers approvals in this process, without suspending. Undefined, or a throw (counted and logged), leaves the
   * approval waiting.
   */
  readonly approve?: (pending: PendingApproval) => Approval | undefined | Promise<Approval | undefined>;
}

export interface ResumeOptions {
  /** Answers to pending approvals, by path. Those without an answer keep waiting. */
  readonly answers?: Readonly<Record<string, Approval>>;
  readonly signal?: AbortSignal;
  readonly concurrency?: number;
  readonly approve?: (pending: PendingApproval) => Approval | undefined | Promise<Approval | undefined>;
  /**
   * Looks at the decisions that the run began with and gives those that what has not run yet is to have, so that an
   * arm that was rolled back meanwhile becomes `off`. What it gives is stored. Default: as they were.
   */
  readonly decisions?: (stored: Decisions) => Decisions;
}

/** Ends after the event `run-ended`. Who comes after the run gets that event alone. */
export interface RunEvents extends AsyncIterable<RunEvent> {
  /** Events that this reader was too slow for. */
  readonly dropped: number;
}

/** A run under way. */
export interface Run<State, Output> {
  readonly id: string;
  /** Never rejects: failures are a status. */
  readonly result: Promise<RunResult<State, Output>>;
  /** Events from now on. Buffers at most 10,000 for a slow reader, then drops chunks before anything else. */
  events(): RunEvents;
  /** Ends the run at once; functions that are at work are told through their signal and not waited for. */
  cancel(reason?: string): void;
}
