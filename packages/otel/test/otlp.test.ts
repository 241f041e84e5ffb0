import { createOutcomeMetrics, createTelemetry, type Telemetry } from "@flyball/telemetry";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OtlpCollector, startOtlpCollector } from "../../../test/services/otlp-collector.ts";
import { type Otel, type OtlpOptions, startOtel } from "../src/index.ts";

let collector: OtlpCollector;
let otel: Otel | undefined;

beforeEach(async () => {
  collector = await startOtlpCollector();
});
afterEach(async () => {
  await otel?.shutdown(200);
  otel = undefined;
  await collector.stop();
});

async function start(otlp: Partial<OtlpOptions> = {}): Promise<{ readonly otel: Otel; readonly telemetry: Telemetry }> {
  const started = await startOtel({
    serviceName: "claims",
    prometheus: false,
    resourceAttributes: { "service.version": "1.2.3" },
    otlp: { endpoint: collector.endpoint, ...otlp },
  });
  otel = started;
  const recorders = [createOutcomeMetrics({ meter: started.meter })];
  const { tracer } = started;
  return { otel: started, telemetry: createTelemetry(tracer ? { tracer, recorders } : { recorders }) };
}

function runPipeline(telemetry: Telemetry): Promise<void> {
  const run = { runId: "run-1", workflow: "fir" };
  return telemetry.trace({ kind: "run", name: "fir", run }, async () => {
    await telemetry.trace({ kind: "node", name: "summary" }, async () => {
      const call = telemetry.start({ kind: "model", name: "gpt-x", model: "gpt-x", provider: "openai" });
      call.end("error", { errorType: "rate_limited", usage: { inputTokens: 10, outputTokens: 2 } });
    });
  });
}

/** What the batch processor counted, by error type; `sent` are those without one. */
async function processed(otel: Otel): Promise<Record<string, number>> {
  const { families } = await otel.sources[0]!.collect();
  const family = families.find((one) => one.name === "otel_sdk_processor_span_processed_total");
  return Object.fromEntries(
    (family?.samples ?? []).map(({ series, value }) => [/error_type="([^"]*)"/.exec(series)?.[1] ?? "sent", value]),
  );
}

describe.each(["http/protobuf", "http/json"] as const)("OTLP over %s", (protocol) => {
  it("carries the trace of a run with its attributes, its resource and its headers", async () => {
    const started = await start({ protocol, headers: { "x-api-key": "secret" } });
    await runPipeline(started.telemetry);
    await started.otel.flush(5_000);
    const [model, node, run] = collector.spans;
    expect(collector.spans.map((span) => span.name)).toEqual([
      "chat gpt-x",
      "flyball.node summary",
      "invoke_workflow fir",
    ]);
    expect([model?.parentSpanId, node?.parentSpanId, run?.parentSpanId]).toEqual([node?.spanId, run?.spanId, ""]);
    expect(new Set(collector.spans.map((span) => span.traceId)).size).toBe(1);
    expect(model?.statusCode).toBe(2);
    expect(model?.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-x",
      "gen_ai.usage.input_tokens": 10,
      "error.type": "rate_limited",
    });
    expect(model?.resource).toMatchObject({ "service.name": "claims", "service.version": "1.2.3" });
    expect(collector.requests[0]?.headers["x-api-key"]).toBe("secret");
    expect(collector.requests[0]?.headers["content-type"]).toBe(
      protocol === "http/json" ? "application/json" : "application/x-protobuf",
    );
  });

  it("carries our metrics when asked, and not otherwise", async () => {
    const started = await start({ protocol, metrics: true });
    await runPipeline(started.telemetry);
    await started.otel.flush(5_000);
    const duration = collector.points.find((point) => point.metric === "flyball.node.duration");
    expect(duration).toMatchObject({
      unit: "s",
      value: 1,
      attributes: { workflow: "fir", node: "summary", status: "ok" },
    });
    expect(duration?.bucketCounts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(duration?.resource["service.name"]).toBe("claims");
    expect(collector.points.find((point) => point.metric === "flyball.model.tokens")?.value).toBe(10);
    await started.otel.shutdown(5_000);

    const without = await start({ protocol });
    const before = collector.points.length;
    await runPipeline(without.telemetry);
    await without.otel.flush(5_000);
    expect(collector.points).toHaveLength(before);
  });
});

describe("spans", () => {
  it("carry no command line, no environment and no secret, whatever the process was started with", async () => {
    const { argv, title } = process;
    process.argv = [...argv, "--token=SECRET-ARGUMENT"];
    process.env.FLYBALL_TEST_SECRET = "SECRET-ENVIRONMENT";
    try {
      const started = await start({ headers: { authorization: "SECRET-HEADER" } });
      await runPipeline(started.telemetry);
      await started.otel.flush(5_000);
    } finally {
      process.argv = argv;
      delete process.env.FLYBALL_TEST_SECRET;
    }
    expect(collector.spans.length).toBeGreaterThan(0);
    const text = JSON.stringify(collector.spans);
    for (const secret of ["SECRET", "process.command", "vitest", title, process.execPath])
      expect(text).not.toContain(secret);
  });

  it("are sampled by the share that is asked for", async () => {
    otel = await startOtel({
      serviceName: "claims",
      prometheus: false,
      sampleRatio: 0,
      otlp: { endpoint: collector.endpoint },
    });
    const { tracer } = otel;
    await runPipeline(createTelemetry(tracer ? { tracer } : {}));
    await otel.flush(5_000);
    expect(collector.spans).toEqual([]);
  });
});

describe("a collector in trouble", () => {
  it("that is down loses spans, counts them, and neither slows nor breaks the pipeline", async () => {
    const started = await start({ timeoutMs: 200 });
    await collector.stop();
    await runPipeline(started.telemetry);
    await started.otel.flush(5_000);
    const counted = await processed(started.otel);
    expect(Object.values(counted).reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(counted.sent).toBeUndefined();
    collector = await startOtlpCollector();
  });

  it("that refuses loses spans and counts them", async () => {
    collector.mood = "refuse";
    const started = await start({ timeoutMs: 200 });
    await runPipeline(started.telemetry);
    await started.otel.flush(5_000);
    const counted = await processed(started.otel);
    expect(counted.sent).toBeUndefined();
    expect(Object.values(counted)).toEqual([3]);
  });

  it("that is busy is asked again", async () => {
    collector.mood = "busy";
    const started = await start({ timeoutMs: 5_000 });
    await runPipeline(started.telemetry);
    const flushed = started.otel.flush(10_000);
    while (collector.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    collector.mood = "accept";
    await flushed;
    expect(collector.spans).toHaveLength(3);
    expect(await processed(started.otel)).toEqual({ sent: 3 });
  });

  it("that hangs fills a bounded queue; what does not fit is dropped and counted", async () => {
    collector.mood = "hang";
    const started = await start({ queueSize: 8, timeoutMs: 60_000 });
    for (let index = 0; index < 100; index++) {
      started.telemetry.start({ kind: "node", name: "summary" }).end("ok");
    }
    // The queue's worth is under way or waiting; everything beyond it is dropped at once.
    const counted = await processed(started.otel);
    expect(counted.queue_full).toBeGreaterThanOrEqual(100 - 2 * 8);
    expect(counted.sent).toBeUndefined();
  });

  it("that hangs holds a flush until its deadline and a shutdown no longer than its own", async () => {
    collector.mood = "hang";
    const started = await start({ timeoutMs: 60_000 });
    await runPipeline(started.telemetry);
    await expect(started.otel.flush(50)).rejects.toMatchObject({ code: "timeout" });
    await started.otel.shutdown(50);
    await started.otel.shutdown(50);
  });
});
