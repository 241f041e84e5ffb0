import {
  type Context,
  context as contextApi,
  INVALID_SPANID,
  INVALID_TRACEID,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
  TraceFlags,
  type Tracer,
  trace as traceApi,
} from "@opentelemetry/api";
import { hasHostProvider } from "./host-provider.ts";

/** How long "this process has no OpenTelemetry provider" is believed, milliseconds. A host may register one late. */
const lookAgainMs = 1_000;

const tracerName = "@flyball/telemetry";

/** A span in the host's tracer, or what is known of the host's context when it made none of its own. */
export interface HostSpan {
  readonly span: Span;
  /** The context in which the span is active. */
  readonly context: Context;
  /** Ids of the span; undefined when the tracer only passed its parent's on. */
  readonly ids: { readonly traceId: string; readonly spanId: string } | undefined;
  /** The host's span that surrounds it, if any. */
  readonly parentIds: { readonly traceId: string; readonly spanId: string } | undefined;
}

export interface HostSpanRequest {
  readonly name: string;
  readonly kind: SpanKind;
  /** Wall time, milliseconds since the epoch. */
  readonly startedAt: number;
  /** The context of the surrounding operation of ours, for hosts without a context manager. */
  readonly surrounding: Context | undefined;
  /** Continues a trace that began elsewhere. */
  readonly continued: { readonly traceId: string; readonly spanId: string } | undefined;
}

/**
 * Starts spans in whatever OpenTelemetry provider the process has, through the API alone; none is ever registered
 * or replaced. Without a provider it costs one comparison.
 */
export class HostTracer {
  readonly #given: Tracer | undefined;
  #tracer: Tracer | undefined;
  #lookAtMs = Number.NEGATIVE_INFINITY;

  /** `tracer` is used instead of the process's provider. */
  constructor(tracer?: Tracer) {
    this.#given = tracer;
    this.#tracer = tracer;
  }

  /** `atMs` is monotonic and paces the search for a provider; `describe` is called when there is one. */
  start(atMs: number, describe: () => HostSpanRequest): HostSpan | undefined {
    const tracer = this.#tracer ?? this.#look(atMs);
    if (!tracer) return undefined;
    const request = describe();
    const active = contextApi.active();
    const activeIds = traceApi.getSpanContext(active);
    let parent = activeIds === undefined && request.surrounding ? request.surrounding : active;
    const links: Link[] = [];
    if (request.continued) {
      // The sampling decision of the other process is not known: ask for sampling, the host's sampler may refuse.
      parent = traceApi.setSpanContext(active, {
        ...request.continued,
        traceFlags: TraceFlags.SAMPLED,
        isRemote: true,
      });
      if (activeIds && isValid(activeIds)) links.push({ context: activeIds });
    }
    const startTime = toHrTime(request.startedAt);
    const options = links.length > 0 ? { kind: request.kind, startTime, links } : { kind: request.kind, startTime };
    const span = tracer.startSpan(request.name, options, parent);
    const ids = span.spanContext();
    const parentIds = traceApi.getSpanContext(parent);
    const valid = isValid(ids);
    // A tracer that does nothing gives an invalid context, or wraps the parent's: neither is a span of its own.
    if (!valid) this.#tracer = this.#given;
    return {
      span,
      context: traceApi.setSpan(parent, span),
      ids: valid && ids.spanId !== parentIds?.spanId ? ids : undefined,
      parentIds: parentIds && isValid(parentIds) ? parentIds : undefined,
    };
  }

  #look(atMs: number): Tracer | undefined {
    if (atMs < this.#lookAtMs) return undefined;
    this.#lookAtMs = atMs + lookAgainMs;
    if (hasHostProvider()) this.#tracer = traceApi.getTracer(tracerName);
    return this.#tracer;
  }
}

/**
 * Seconds and nanoseconds: OpenTelemetry takes a plain number below the process's start for a reading of
 * performance.now(), which a fake clock and an imported recording would be.
 */
export function toHrTime(epochMs: number): [number, number] {
  const seconds = Math.floor(epochMs / 1_000);
  return [seconds, Math.min(999_999_999, Math.round((epochMs - seconds * 1_000) * 1e6))];
}

/** The API's own check looks at every character of ids that a provider made, twice an operation: a tenth of the whole. */
function isValid({ traceId, spanId }: SpanContext): boolean {
  return traceId.length === 32 && spanId.length === 16 && traceId !== INVALID_TRACEID && spanId !== INVALID_SPANID;
}
