import type { OperationEvent } from "../operation.ts";
import type { Outcome } from "../outcome.ts";

/** A finished operation, as a trace keeps it. */
export interface TraceSpan {
  readonly outcome: Outcome;
  readonly events: readonly OperationEvent[] | undefined;
}

/** The spans of one trace in this process, collected until its outermost operation ends. */
export interface OpenTrace {
  /** False once nothing more would be kept. */
  readonly wants: boolean;
  add(span: TraceSpan): void;
  /** The outermost operation ended: decide, and write what is kept. */
  close(root: Outcome, continued: boolean): void;
}
