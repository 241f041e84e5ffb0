import { AsyncLocalStorage } from "node:async_hooks";
import { newSpanId, newTraceId } from "@flyball/core";
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  type HrTime,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanKind,
  type SpanOptions,
  type SpanStatus,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";

/** A span as the host's provider saw it. */
export interface SeenSpan {
  readonly name: string;
  readonly kind: SpanKind | undefined;
  readonly ids: SpanContext;
  readonly parentSpanId: string | undefined;
  readonly links: readonly Link[];
  readonly startTime: HrTime;
  readonly attributes: Attributes;
  readonly events: { readonly name: string; readonly attributes: Attributes | undefined }[];
  status: SpanStatus | undefined;
  endTime: HrTime | undefined;
  /** Calls that gave it data: none on a span that does not record. */
  writes: number;
}

export interface FakeHost {
  readonly tracer: Tracer;
  readonly spans: SeenSpan[];
}

/** The smallest tracer that does what the API promises. */
export function fakeHost(options: { readonly samples?: boolean } = {}): FakeHost {
  const samples = options.samples ?? true;
  const spans: SeenSpan[] = [];

  function startSpan(name: string, spanOptions: SpanOptions = {}, parentContext: Context = context.active()): Span {
    const parent = trace.getSpanContext(parentContext);
    const valid = parent !== undefined && isSpanContextValid(parent);
    const seen: SeenSpan = {
      name,
      kind: spanOptions.kind,
      ids: {
        traceId: valid ? parent.traceId : newTraceId(),
        spanId: newSpanId(),
        traceFlags: samples ? TraceFlags.SAMPLED : TraceFlags.NONE,
      },
      parentSpanId: valid ? parent.spanId : undefined,
      links: spanOptions.links ?? [],
      startTime: spanOptions.startTime as HrTime,
      attributes: {},
      events: [],
      status: undefined,
      endTime: undefined,
      writes: 0,
    };
    spans.push(seen);
    return fakeSpan(seen, samples);
  }

  const tracer = { startSpan, startActiveSpan: () => undefined } as unknown as Tracer;
  return { tracer, spans };
}

function fakeSpan(seen: SeenSpan, samples: boolean): Span {
  const span = {
    spanContext: () => seen.ids,
    isRecording: () => samples && seen.endTime === undefined,
    setAttributes(attributes: Attributes) {
      seen.writes++;
      Object.assign(seen.attributes, attributes);
      return span;
    },
    addEvent(name: string, attributes?: Attributes) {
      seen.writes++;
      seen.events.push({ name, attributes });
      return span;
    },
    setStatus(status: SpanStatus) {
      seen.writes++;
      seen.status = status;
      return span;
    },
    end(time: HrTime) {
      seen.endTime = time;
    },
  } as unknown as Span;
  return span;
}

/** Makes a host the process's provider, with a context manager of its own, as an SDK does. */
export function register(host: FakeHost, contextManager = true): void {
  trace.setGlobalTracerProvider({ getTracer: () => host.tracer });
  if (contextManager) context.setGlobalContextManager(asyncContextManager());
}

/** Undoes `register`. */
export function unregister(): void {
  trace.disable();
  context.disable();
}

function asyncContextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, thisArg, ...args) => storage.run(active, () => work.call(thisArg as never, ...args)),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}
