import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createMetricsHandler,
  createOutcomeMetrics,
  createSeriesMeter,
  createTelemetry,
  type MetricsHandler,
  meterSource,
  type Outcome,
  parseExposition,
} from "@flyball/telemetry";
import fc from "fast-check";
import { Counter, Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { available, findExecutable } from "../../../test/services/executable.ts";
import { type PrometheusService, startPrometheus } from "../../../test/services/prometheus.ts";
import { type Otel, startOtel } from "../src/index.ts";

const hostile = 'back\\slash "quoted"\nnew line é 🐎 {le="1"} # EOF';
const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

const node: Outcome = {
  kind: "node",
  name: hostile,
  status: "ok",
  startedAt: Date.now(),
  durationMs: 250,
  traceId,
  spanId,
  parentSpanId: undefined,
  run: { runId: "run-1", workflow: "fir", priority: "normal" },
};

/** A process with everything on: our metrics, process metrics and a host's registry with a conflict and a duplicate. */
async function startProcess(): Promise<{ readonly otel: Otel; readonly handler: MetricsHandler }> {
  const registry = new Registry();
  new Counter({ name: "host_calls", help: "Without _total.", registers: [registry] }).inc(3);
  new Counter({ name: "flyball_outcomes_total", help: "Ours.", labelNames: ["kind", "status"], registers: [registry] });
  new Counter({ name: "flyball_node_duration_seconds_sum", help: "Ours.", registers: [registry] }).inc();
  const otel = await startOtel({ serviceName: "test", registry });
  const metrics = createOutcomeMetrics({ meter: otel.meter });
  const telemetry = createTelemetry({ recorders: [metrics] });
  metrics.record({ ...node, name: "summary" });
  telemetry.record({
    kind: "model",
    name: "gpt-x",
    model: "gpt-x",
    provider: "openai",
    durationMs: 800,
    usage: { inputTokens: 10, outputTokens: 2 },
  });
  metrics.record(node);
  metrics.kept(node);
  const counter = otel.meterProvider.getMeter("host").createCounter("host.sdk.calls", { unit: "{call}" });
  counter.add(5);
  return { otel, handler: createMetricsHandler({ sources: otel.sources }) };
}

function check(exposition: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(findExecutable("promtool") ?? "", ["check", "metrics"], {
    input: exposition,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

describe.skipIf(!available("promtool"))("promtool check metrics", () => {
  it("finds nothing to say about the exposition of a process with everything on", async () => {
    const { otel, handler } = await startProcess();
    const { body } = await handler({});
    // The host's own name is the host's affair; everything else is ours and must be clean.
    expect(check(body).output).toBe('host_calls counter metrics should have "_total" suffix\n');
    expect(body).not.toContain("target_info");
    await otel.shutdown(1_000);
  });

  it("accepts whatever labels and values services come up with", async () => {
    const meter = createSeriesMeter({ seriesLimit: 10_000 });
    const gauge = meter.createGauge("any", { description: hostile });
    const histogram = meter.createHistogram("took", { description: "Time.", unit: "s" });
    const text = fc.string({ unit: "binary", maxLength: 20 });
    const samples = fc.sample(
      fc.tuple(
        fc.dictionary(fc.oneof(text, fc.constantFrom("le", "quantile", "__name__")), text, { maxKeys: 4 }),
        fc.double(),
      ),
      { numRuns: 300, seed: 1 },
    );
    for (const [attributes, value] of samples) {
      gauge.record(value, attributes);
      histogram.record(Math.abs(value), attributes);
    }
    const { body } = await createMetricsHandler({ sources: [meterSource(meter)] })({});
    expect(check(body)).toEqual({ status: 0, output: "" });
    expect(parseExposition(body).malformed).toBe(0);
  });
});

describe.skipIf(!available("prometheus"))("a real Prometheus", () => {
  let otel: Otel;
  let prometheus: PrometheusService;
  let stopServer: () => void;

  beforeAll(async () => {
    const started = await startProcess();
    otel = started.otel;
    // One port answers as asked, which is OpenMetrics for Prometheus; the other knows the older format only.
    const servers = [false, true].map((old) => {
      const server = createServer(async (request, response) => {
        const { contentType, body } = await started.handler(old ? {} : { accept: request.headers.accept });
        response.writeHead(200, { "content-type": contentType }).end(body);
      });
      return server.listen(0, "127.0.0.1");
    });
    stopServer = () => {
      for (const server of servers) server.close().closeAllConnections();
    };
    await Promise.all(
      servers.map((server) => server.listening || new Promise((resolve) => server.once("listening", resolve))),
    );
    const [open, plain] = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
    prometheus = await startPrometheus({ targets: { openmetrics: open ?? "", plain: plain ?? "" } });
    await prometheus.waitFor("up == 1", (up) => up.length === 2);
  });
  afterAll(async () => {
    await prometheus?.stop();
    stopServer?.();
    await otel?.shutdown(1_000);
  });

  it.each(["openmetrics", "plain"])("reads every family in %s, hostile labels included", async (job) => {
    const targets = await prometheus.targets();
    expect(targets.map(({ health, lastError }) => [health, lastError])).toEqual([
      ["up", ""],
      ["up", ""],
    ]);
    const counts = await prometheus.query(`flyball_node_duration_seconds_count{job="${job}"}`);
    expect(counts.map(({ labels, value }) => [labels.node, value]).sort()).toEqual([
      [hostile, 1],
      ["summary", 1],
    ]);
    const value = async (name: string) => (await prometheus.query(`${name}{job="${job}"}`))[0]?.value;
    expect(await value("flyball_model_tokens_total")).toBe(10);
    expect(await value("gen_ai_client_token_usage_count")).toBe(1);
    expect(await value("host_calls")).toBe(3);
    expect(await value("host_sdk_calls_total")).toBe(5);
    expect(await value("process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(await value("flyball_scrape_conflicts_total")).toBeGreaterThan(0);
    const quantile = `histogram_quantile(0.5, flyball_node_duration_seconds_bucket{job="${job}",node="summary"})`;
    expect((await prometheus.query(quantile))[0]?.value).toBeGreaterThan(0.16);
  });

  it("keeps the exemplars that lead to traces", async () => {
    const found = await prometheus.exemplars("flyball_node_duration_seconds_bucket");
    expect(found.map(({ series, labels, value }) => [series.job, series.node, series.le, labels, value])).toEqual([
      ["openmetrics", hostile, "0.32", { trace_id: traceId, span_id: spanId }, 0.25],
    ]);
  });
});
