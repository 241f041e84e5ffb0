import { hasHostProvider } from "@flyball/telemetry";
import { type MeterProvider, type Tracer, trace } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  NoopSpanProcessor,
  ParentBasedSampler,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { createSpanExporter } from "./exporters.ts";
import type { OtelOptions, OtlpOptions, Tracing } from "./types.ts";

export interface Traces {
  readonly tracing: Tracing;
  readonly tracer: Tracer | undefined;
  flush(): Promise<void>;
  shutdown(): Promise<void>;
}

const tracerName = "@flyball/telemetry";
const nothing = async (): Promise<void> => {};

/**
 * A process that has a provider keeps it: ours would take its spans away. Otherwise one of ours is made when
 * somebody asked for spans, private unless this program may register globals.
 */
export async function createTraces(options: OtelOptions, resource: Resource, meters: MeterProvider): Promise<Traces> {
  if (hasHostProvider()) return { tracing: "host", tracer: undefined, flush: nothing, shutdown: nothing };
  const processor = await createProcessor(options.otlp, meters);
  if (options.registerGlobals) return registerGlobals(options, resource, processor ?? new NoopSpanProcessor());
  if (!processor) return { tracing: "none", tracer: undefined, flush: nothing, shutdown: nothing };
  const provider = new TracerProvider({ resource, sampler: sampler(options), spanProcessors: [processor] });
  return {
    tracing: "private",
    tracer: provider.getTracer(tracerName),
    flush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}

/** The SDK's batch processor drops what does not fit its queue and counts it on the meters it is given. */
async function createProcessor(
  otlp: OtlpOptions | undefined,
  meters: MeterProvider,
): Promise<SpanProcessor | undefined> {
  if (!otlp || otlp.traces === false) return undefined;
  const maxQueueSize = otlp.queueSize ?? 2_048;
  return new BatchSpanProcessor({
    exporter: await createSpanExporter(otlp),
    maxQueueSize,
    maxExportBatchSize: Math.min(512, maxQueueSize),
    scheduledDelayMillis: otlp.intervalMs ?? 5_000,
    // Above the exporter's own deadline, so that the exporter is the one that says what went wrong.
    exportTimeoutMillis: (otlp.timeoutMs ?? 10_000) + 1_000,
    selfObsMeterProvider: meters,
  });
}

function sampler({ sampleRatio = 1 }: OtelOptions): ParentBasedSampler {
  const root = sampleRatio >= 1 ? new AlwaysOnSampler() : new TraceIdRatioBasedSampler(sampleRatio);
  return new ParentBasedSampler({ root });
}

async function registerGlobals(options: OtelOptions, resource: Resource, processor: SpanProcessor): Promise<Traces> {
  // Loaded here only: it brings every exporter there is, and most processes are somebody else's.
  const { NodeSDK } = await import("@opentelemetry/sdk-node");
  const sdk = new NodeSDK({
    resource,
    // The resource is complete; the default detectors would add the command line.
    autoDetectResources: false,
    sampler: sampler(options),
    spanProcessors: [processor],
    // Empty lists, because without them the SDK exports logs and metrics to localhost unasked.
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return {
    tracing: "global",
    tracer: trace.getTracer(tracerName),
    flush: () => processor.forceFlush(),
    shutdown: () => sdk.shutdown(),
  };
}
