import type { Clock, Logger } from "@flyball/core";
import type { MetricsSource, SeriesMeter } from "@flyball/telemetry";
import type { MeterProvider, Tracer } from "@opentelemetry/api";
import type { Registry, RegistryContentType } from "prom-client";

/** Where an OpenTelemetry collector listens. */
export interface OtlpOptions {
  /** Base URL, for example `http://localhost:4318`; `/v1/traces` and `/v1/metrics` are appended. */
  readonly endpoint: string;
  /** Sent with every export; never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `http/protobuf`. */
  readonly protocol?: "http/protobuf" | "http/json";
  /** Default true. */
  readonly traces?: boolean;
  /** Default false: metrics are scraped, and a backend that does both would count twice. */
  readonly metrics?: boolean;
  /** Milliseconds for one export, its retries included. Default 10,000. */
  readonly timeoutMs?: number;
  /** Most finished spans that wait; further ones are dropped and counted. Default 2,048. */
  readonly queueSize?: number;
  /** Milliseconds between exports of spans. Default 5,000. */
  readonly intervalMs?: number;
  /** Milliseconds between exports of metrics. Default 60,000. */
  readonly metricsIntervalMs?: number;
}

export interface OtelOptions {
  /** `service.name`. */
  readonly serviceName: string;
  /** Further attributes of the resource, such as `service.version` or `deployment.environment.name`. */
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  /** Nothing is sent anywhere without it. */
  readonly otlp?: OtlpOptions;
  /** Share of traces begun in this process that are exported, 0 to 1. Default 1. */
  readonly sampleRatio?: number;
  /** Process and runtime metrics (CPU, memory, event loop, I/O) beside our own. Default true. */
  readonly prometheus?: boolean;
  /** A prom-client registry that the service has already; its metrics are served too. */
  readonly registry?: Registry<RegistryContentType>;
  /** Register tracer, context manager and propagator globally. Only for programs of our own. Default false. */
  readonly registerGlobals?: boolean;
  /** Default true. */
  readonly exemplars?: boolean;
  /** Most series per instrument. Default 2,000. */
  readonly seriesLimit?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Where spans go: `host`, into the provider that the process has; `private` or `global`, into one of ours; `none`,
 * nowhere, since nobody asked for them.
 */
export type Tracing = "host" | "private" | "global" | "none";

/** OpenTelemetry wired for this process. */
export interface Otel {
  /** For `createOutcomeMetrics` and instruments of one's own. */
  readonly meter: SeriesMeter;
  /** OpenTelemetry's own, private to Flyball, for what needs SDK instruments. Its metrics are served too. */
  readonly meterProvider: MeterProvider;
  /** For `createTelemetry`; undefined when the host's provider is found by itself, or nobody wants spans. */
  readonly tracer: Tracer | undefined;
  readonly tracing: Tracing;
  /** For `createMetricsHandler`, in the order of their right to name a family. */
  readonly sources: readonly MetricsSource[];
  /** Sends what waits. Rejects with a TimeoutError past the deadline; what a collector refused is counted, not thrown. */
  flush(timeoutMs: number): Promise<void>;
  /** Flushes and stops. Resolves at the latest after `timeoutMs`. */
  shutdown(timeoutMs: number): Promise<void>;
}
