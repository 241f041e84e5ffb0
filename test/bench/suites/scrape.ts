import { createMetricsHandler, createSeriesMeter, meterSource } from "@flyball/telemetry";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { Histogram, Registry } from "prom-client";
import { measure } from "../measure.ts";
import type { SuiteResult } from "../report.ts";

const buckets = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const sets = 2_000;
const labels = (index: number) => ({
  workflow: `workflow-${index % 10}`,
  node: `node-${index % 200}`,
  status: index % 2 ? "ok" : "error",
  priority: `p${Math.floor(index / 200)}`,
});

/** A scrape of 2,000 histogram label sets: ours beside OpenTelemetry's serializer and prom-client's registry. */
export async function scrapeSuite(): Promise<SuiteResult> {
  const meter = createSeriesMeter({ seriesLimit: sets + 1 });
  const ours = meter.createHistogram("bench_seconds", { advice: { explicitBucketBoundaries: buckets } });
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const theirs = provider
    .getMeter("bench")
    .createHistogram("bench_seconds", { advice: { explicitBucketBoundaries: buckets } });
  const registry = new Registry();
  const promClient = new Histogram({
    name: "bench_seconds",
    help: "bench",
    labelNames: ["workflow", "node", "status", "priority"],
    buckets,
    registers: [registry],
  });
  for (let index = 0; index < sets; index++) {
    const set = labels(index);
    for (let times = 0; times < 5; times++) {
      const value = 0.005 * (index % 300) + times;
      ours.record(value, set);
      theirs.record(value, set);
      promClient.observe(set, value);
    }
  }
  const handler = createMetricsHandler({ sources: [meterSource(meter)] });
  const serializer = new PrometheusSerializer();
  const repeat = (name: string, scrape: () => Promise<string>) => ({
    name,
    async run(times: number) {
      for (let index = 0; index < times; index++) {
        const body = await scrape();
        if (body.split("bench_seconds_count").length <= sets) throw new Error(`${name} left series out`);
      }
    },
  });
  const measured = await measure(
    [
      repeat("scrape of 2,000 histogram label sets", async () => (await handler({})).body),
      repeat("OpenTelemetry's serializer", async () =>
        serializer.serialize((await exporter.collect()).resourceMetrics),
      ),
      repeat("prom-client's registry", () => registry.metrics()),
    ],
    5,
  );
  await provider.shutdown();
  return {
    suite: "telemetry: /metrics, CPU of a scrape",
    figures: measured.map(({ name, cpuMicros }, index) => ({
      name,
      value: cpuMicros / 1_000,
      unit: "ms",
      ...(index === 0 ? { atMost: 20 } : {}),
    })),
  };
}
