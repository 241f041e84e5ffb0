import { context, logs, metrics, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OtlpCollector, startOtlpCollector } from "../../../test/services/otlp-collector.ts";
import { startOtel } from "../src/index.ts";

let collector: OtlpCollector;

beforeEach(async () => {
  collector = await startOtlpCollector();
  // Whatever a test forgets to ask for must not reach a collector that this machine may have.
  for (const [key, value] of Object.entries(environment())) process.env[key] = value;
});
afterEach(async () => {
  for (const key of Object.keys(environment())) delete process.env[key];
  for (const api of [trace, context, propagation, metrics, logs]) api.disable();
  await collector.stop();
});

/** An environment that would have OpenTelemetry's SDK export everything. */
function environment(): Record<string, string> {
  const exporters = { OTEL_TRACES_EXPORTER: "otlp", OTEL_METRICS_EXPORTER: "otlp", OTEL_LOGS_EXPORTER: "otlp" };
  return { ...exporters, OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
}

/** What a library records through the API, whatever it finds there. */
function recordElsewhere(): void {
  metrics.getMeter("library").createCounter("calls").add(1);
  logs.getLogger("library").emit({ body: "something happened" });
}

describe("@opentelemetry/sdk-node, where a program registers globals", () => {
  it("takes in the spans of any library, across awaits, and sends them where ours go", async () => {
    const { argv } = process;
    process.argv = [...argv, "--token=SECRET"];
    const otel = await startOtel({ serviceName: "cli", registerGlobals: true, otlp: { endpoint: collector.endpoint } });
    process.argv = argv;
    expect(otel.tracing).toBe("global");
    const carrier: Record<string, string> = {};
    await trace.getTracer("library").startActiveSpan("outer", async (outer) => {
      await new Promise((resolve) => setImmediate(resolve));
      otel.tracer?.startSpan("inner").end();
      propagation.inject(context.active(), carrier);
      outer.end();
    });
    recordElsewhere();
    await otel.shutdown(5_000);
    const [inner, outer] = collector.spans;
    expect([inner?.name, outer?.name]).toEqual(["inner", "outer"]);
    expect(inner?.parentSpanId).toBe(outer?.spanId);
    expect(carrier.traceparent).toContain(outer?.traceId);
    expect(inner?.resource["service.name"]).toBe("cli");
    expect(JSON.stringify(collector.spans)).not.toMatch(/SECRET|process\.command/);
    // Neither logs nor metrics leave unasked.
    expect(new Set(collector.requests.map((request) => request.path))).toEqual(new Set(["/v1/traces"]));
  });

  it("exports nothing when no endpoint is named, whatever the environment holds, and still carries context", async () => {
    const otel = await startOtel({ serviceName: "cli", registerGlobals: true });
    const span = trace.getTracer("library").startSpan("outer", {}, ROOT_CONTEXT);
    expect(trace.isSpanContextValid(span.spanContext())).toBe(true);
    span.end();
    recordElsewhere();
    await otel.shutdown(5_000);
    expect(collector.requests).toEqual([]);
  });

  it("replaces nothing that is registered already", async () => {
    const first = await startOtel({ serviceName: "host", registerGlobals: true });
    const provider = trace.getTracerProvider();
    const second = await startOtel({ serviceName: "guest", registerGlobals: true });
    expect(second.tracing).toBe("host");
    expect(trace.getTracerProvider()).toBe(provider);
    await second.shutdown(1_000);
    expect(trace.getTracer("host").startSpan("x").isRecording()).toBe(true);
    await first.shutdown(1_000);
  });
});
