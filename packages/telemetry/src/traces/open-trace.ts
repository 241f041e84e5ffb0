import type { OperationEvent } from "../operation.ts";
import type { Outcome } from "../outcome.ts";

/** A finished operation, as a trace keeps it. */
export interface TraceSpan {
  readonly outcome: Outcome;
  readonly events: readonly OperationEvent[] | undefined;
}

/** What becomes of a trace whose outermost operation has ended. */
export interface TraceSink {
  /** Decides, and writes what is kept. True when the trace is kept. */
  ended(trace: OpenTrace, root: Outcome): boolean;
  /** Writes a span that ended after its trace was kept. */
  late(span: TraceSpan): void;
  /** Spans were collected (or let go, when negative). */
  collected(spans: number): void;
  /** Counts a span that did not fit. */
  dropped(): void;
}

/**
 * The spans of one trace in this process, collected until its outermost operation ends. Operations hold it directly,
 * so nothing is looked up; one that is never ended is collected with the operations that held it.
 */
export class OpenTrace {
  readonly #sink: TraceSink;
  readonly #maxSpans: number;
  /** Whether the trace began in another process. */
  readonly continued: boolean;
  spans: TraceSpan[] = [];
  droppedSpans = 0;
  failed = false;
  #seen = 0;
  #state: "open" | "kept" | "gone" = "open";

  constructor(sink: TraceSink, maxSpans: number, continued: boolean) {
    this.#sink = sink;
    this.#maxSpans = maxSpans;
    this.continued = continued;
  }

  /** False once nothing more would be kept. */
  get wants(): boolean {
    return this.#state !== "gone";
  }

  /** Whether operations that begin now still belong to it. */
  get open(): boolean {
    return this.#state === "open";
  }

  add(span: TraceSpan): void {
    const { status } = span.outcome;
    if (status === "error" || status === "timeout") this.failed = true;
    if (this.#state === "gone") return;
    if (this.#seen++ >= this.#maxSpans) {
      this.droppedSpans++;
      this.#sink.dropped();
    } else if (this.#state === "kept") {
      this.#sink.late(span);
    } else {
      this.spans.push(span);
      this.#sink.collected(1);
    }
  }

  /** The outermost operation ended. */
  end(root: Outcome): void {
    if (this.#state !== "open") return;
    this.#state = this.#sink.ended(this, root) ? "kept" : "gone";
    this.#letGo();
  }

  /** Gives up: too much is collected. */
  abandon(): void {
    this.#state = "gone";
    this.#letGo();
  }

  #letGo(): void {
    this.#sink.collected(-this.spans.length);
    this.spans = [];
  }
}
