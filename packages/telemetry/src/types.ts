import type { OperationKind, Outcome, OutcomeDetails, OutcomeStatus, RunScope } from "./outcome.ts";

/** What is known when an operation begins. */
export interface OperationStart {
  readonly kind: OperationKind;
  readonly name: string;
  /** Begins a run: everything inside inherits it. Omitted inside a run: the surrounding run applies. */
  readonly run?: RunScope;
  readonly iteration?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** Continues a trace that began elsewhere, for example in the process that suspended the run. */
  readonly parent?: { readonly traceId: string; readonly spanId: string };
  /** `model` and `provider` are known before the call and name its span. */
  readonly model?: string;
  readonly provider?: string;
}

/** An operation under way. `end` must be called exactly once; further calls do nothing. */
export interface Operation {
  readonly traceId: string;
  readonly spanId: string;
  /** Runs `work` with this operation as the parent of what begins inside, across awaits. */
  within<T>(work: () => T): T;
  /** Adds an event to the span and to the stored trace. */
  event(name: string, attributes?: Readonly<Record<string, string | number | boolean>>): void;
  /**
   * Keeps content of a model call, redacted and cut to size. `produce` is called only when content capture is on:
   * serialising prompts costs more than the call's own bookkeeping.
   */
  content(part: ContentPart, produce: () => unknown): void;
  /** Ends it, makes the outcome and hands it to windows, metrics, traces and listeners. Never throws. */
  end(status: OutcomeStatus, details?: OutcomeDetails): void;
}

/** The content of a model call that conventions have an attribute for. */
export type ContentPart = "input" | "output" | "system";

/** Where operations are recorded. Every method fails open: a broken sink never reaches the caller. */
export interface Telemetry {
  /** Begins an operation under the surrounding one, if any. */
  start(operation: OperationStart): Operation;
  /**
   * Runs `work` as an operation: ends it `ok`, or `error` / `timeout` / `cancelled` by what was thrown, and
   * rethrows. `details` derives what the outcome should carry from the result.
   */
  trace<T>(
    operation: OperationStart,
    work: (operation: Operation) => Promise<T>,
    details?: (result: T) => OutcomeDetails,
  ): Promise<T>;
  /** Records by hand what already happened, where wrapping does not fit. */
  record(
    outcome: OperationStart & OutcomeDetails & { readonly durationMs: number; readonly status?: OutcomeStatus },
  ): void;
  /** The run that surrounds the caller, if any. */
  currentRun(): RunScope | undefined;
  /** The operation that surrounds the caller, if any: for events, and for trace ids in log lines. */
  current(): Operation | undefined;
  /** Calls `listener` with every outcome, on the thread and at the moment it ends. Returns the unsubscribe function. */
  subscribe(listener: (outcome: Outcome) => void): () => void;
  /** Writes out what is buffered. Rejects with a TimeoutError past the deadline. */
  flush(timeoutMs: number): Promise<void>;
  /** Flushes, then stops. Resolves at the latest after `timeoutMs`. */
  shutdown(timeoutMs: number): Promise<void>;
}
