import type { AsyncLocalStorage } from "node:async_hooks";
import { type Context, context as contextApi, type Span } from "@opentelemetry/api";
import type { OutcomeDetails, OutcomeStatus, RunScope } from "./outcome.ts";
import { cleanAttributes } from "./redact.ts";
import type { OpenTrace } from "./traces/open-trace.ts";
import type { ContentPart, Operation, OperationStart } from "./types.ts";

/** Most events that one operation keeps for its stored trace; the host's span has a limit of its own. */
const maxEvents = 128;

/** An event, as a stored trace keeps it. */
export interface OperationEvent {
  readonly name: string;
  /** Milliseconds after the operation began. */
  readonly atMs: number;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** What an operation needs of the telemetry that began it. */
export interface OperationHome {
  readonly surrounding: AsyncLocalStorage<ActiveOperation>;
  monotonic(): number;
  /** Undefined when content capture is off. */
  readonly render: ((part: ContentPart, value: unknown) => readonly [name: string, text: string]) | undefined;
  failed(cause: string, error: unknown): void;
  finish(operation: ActiveOperation, status: OutcomeStatus, details: OutcomeDetails | undefined): void;
}

/** Everything that is known when an operation begins. */
export interface Beginning {
  readonly start: OperationStart;
  readonly parent: ActiveOperation | undefined;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly span: Span | undefined;
  readonly context: Context | undefined;
  /** Monotonic and wall milliseconds. */
  readonly began: number;
  readonly startedAt: number;
  readonly trace: OpenTrace | undefined;
  /** Whether the trace is decided when this operation ends. */
  readonly outermost: boolean;
}

/** An operation under way, and what those inside it inherit. */
export class ActiveOperation implements Operation {
  readonly traceId: string;
  readonly spanId: string;
  readonly beginning: Beginning;
  readonly run: RunScope | undefined;
  readonly #home: OperationHome;
  #ended = false;
  events: OperationEvent[] | undefined;
  contents: Record<string, string> | undefined;

  constructor(home: OperationHome, beginning: Beginning) {
    this.#home = home;
    this.beginning = beginning;
    this.traceId = beginning.traceId;
    this.spanId = beginning.spanId;
    this.run = beginning.start.run ?? beginning.parent?.run;
  }

  within<T>(work: () => T): T {
    const { surrounding } = this.#home;
    const { context } = this.beginning;
    if (!context) return surrounding.run(this, work);
    return contextApi.with(context, () => surrounding.run(this, work));
  }

  event(name: string, attributes?: Readonly<Record<string, string | number | boolean>>): void {
    if (this.#ended) return;
    const home = this.#home;
    try {
      const { span, trace, began } = this.beginning;
      const clean = attributes && cleanAttributes(attributes);
      if (span?.isRecording()) span.addEvent(name, clean);
      if (!trace?.wants) return;
      this.events ??= [];
      if (this.events.length >= maxEvents) return;
      const atMs = home.monotonic() - began;
      this.events.push(clean === undefined ? { name, atMs } : { name, atMs, attributes: clean });
    } catch (error) {
      home.failed("event", error);
    }
  }

  content(part: ContentPart, produce: () => unknown): void {
    const { render } = this.#home;
    if (!render || this.#ended) return;
    try {
      const { span, trace } = this.beginning;
      if (!span?.isRecording() && !trace?.wants) return;
      const [name, text] = render(part, produce());
      this.contents ??= {};
      this.contents[name] = text;
    } catch (error) {
      this.#home.failed("content", error);
    }
  }

  end(status: OutcomeStatus, details?: OutcomeDetails): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#home.finish(this, status, details);
  }
}
