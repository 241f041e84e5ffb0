import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { OtlpOptions } from "./types.ts";

// Loaded when asked for: most processes export nothing, and each exporter costs some milliseconds at the start.

export async function createSpanExporter(otlp: OtlpOptions): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    otlp.protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter(exporterConfig(otlp, "v1/traces"));
}

export async function createMetricExporter(otlp: OtlpOptions): Promise<PushMetricExporter> {
  const { OTLPMetricExporter } =
    otlp.protocol === "http/json"
      ? await import("@opentelemetry/exporter-metrics-otlp-http")
      : await import("@opentelemetry/exporter-metrics-otlp-proto");
  return new OTLPMetricExporter(exporterConfig(otlp, "v1/metrics"));
}

function exporterConfig(
  otlp: OtlpOptions,
  path: string,
): { url: string; headers: Record<string, string>; timeoutMillis: number } {
  const base = otlp.endpoint.endsWith("/") ? otlp.endpoint : `${otlp.endpoint}/`;
  return {
    url: new URL(path, base).href,
    headers: { ...otlp.headers },
    timeoutMillis: otlp.timeoutMs ?? 10_000,
  };
}
