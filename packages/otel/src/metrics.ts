import { type MetricsSource, type SeriesMeter, serializeMetrics } from "@flyball/telemetry";
import type { MeterProvider as MeterProviderApi } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import type { Resource } from "@opentelemetry/resources";
import {
  DataPointType,
  type IMetricReader,
  MeterProvider,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { createMetricExporter } from "./exporters.ts";
import type { OtlpOptions } from "./types.ts";

export interface Metrics {
  readonly provider: MeterProviderApi;
  readonly source: MetricsSource;
  flush(): Promise<void>;
  shutdown(): Promise<void>;
}

/**
 * A meter provider that is never registered globally, read by Prometheus' exporter and, when asked, by an OTLP one.
 * Both also read `meter`, as a producer beside the SDK's own instruments.
 */
export async function createMetrics(
  meter: SeriesMeter,
  resource: Resource,
  otlp: OtlpOptions | undefined,
): Promise<Metrics> {
  const metricProducers = [seriesProducer(meter, resource)];
  // No server: /metrics is served by whoever serves HTTP in this process, on the address that they choose.
  const exporter = new PrometheusExporter({ preventServerStart: true, metricProducers });
  const readers: IMetricReader[] = [exporter];
  if (otlp?.metrics) {
    readers.push(
      new PeriodicExportingMetricReader({
        exporter: await createMetricExporter(otlp),
        exportIntervalMillis: otlp.metricsIntervalMs ?? 60_000,
        exportTimeoutMillis: Math.min(otlp.timeoutMs ?? 10_000, otlp.metricsIntervalMs ?? 60_000),
        metricProducers,
      }),
    );
  }
  const provider = new MeterProvider({ resource, readers });
  return {
    provider,
    source: exporterSource(exporter),
    flush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  };
}

function seriesProducer(meter: SeriesMeter, resource: Resource): MetricProducer {
  return {
    async collect() {
      const { metrics, errors } = await meter.collect();
      const scopeMetrics = [{ scope: { name: "@flyball/telemetry" }, metrics: metrics as unknown as MetricData[] }];
      return { resourceMetrics: { resource, scopeMetrics }, errors: [...errors] };
    },
  };
}

function exporterSource(exporter: PrometheusExporter): MetricsSource {
  return {
    name: "opentelemetry",
    async collect() {
      const { resourceMetrics, errors } = await exporter.collect();
      const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
      const known = metrics.filter((metric) => metric.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM);
      return { families: serializeMetrics(known), failures: errors.length };
    },
  };
}
