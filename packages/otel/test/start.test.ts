import { ConfigurationError } from "@flyball/core";
import { metrics, trace } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { startOtel } from "../src/index.ts";

describe("startOtel", () => {
  it("registers nothing globally and makes no spans that nobody asked for", async () => {
    const otel = await startOtel({ serviceName: "claims" });
    expect(otel.tracing).toBe("none");
    expect(otel.tracer).toBeUndefined();
    expect(trace.getTracer("host").startSpan("x").isRecording()).toBe(false);
    expect(metrics.getMeterProvider()).not.toBe(otel.meterProvider);
    await otel.shutdown(1_000);
  });

  it("serves its own metrics, the process's unless told not to, and a host's registry", async () => {
    const otel = await startOtel({ serviceName: "claims", prometheus: false });
    expect(otel.sources.map((source) => source.name)).toEqual(["opentelemetry"]);
    const whole = await startOtel({ serviceName: "claims" });
    expect(whole.sources.map((source) => source.name)).toEqual(["opentelemetry", "process"]);
    await Promise.all([otel.shutdown(1_000), whole.shutdown(1_000)]);
  });

  it("counts values that no metric may take", async () => {
    const otel = await startOtel({ serviceName: "claims", prometheus: false });
    otel.meter.createCounter("calls").add(-1);
    const { families } = await otel.sources[0]!.collect();
    const refused = families.find((family) => family.name === "flyball_metrics_refused_total");
    expect(refused?.samples[0]?.value).toBe(1);
    await otel.shutdown(1_000);
  });

  it("can be started and stopped again and again without piling up listeners", async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on("warning", listen);
    for (let turn = 0; turn < 20; turn++) {
      const otel = await startOtel({ serviceName: "claims" });
      otel.meter.createCounter("calls").add(1);
      await Promise.all(otel.sources.map((source) => source.collect()));
      await otel.shutdown(1_000);
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listen);
    expect(warnings).toEqual([]);
  });

  it.each([
    [{ serviceName: "" }, "serviceName"],
    [{ serviceName: "x", sampleRatio: 2 }, "sampleRatio"],
    [{ serviceName: "x", seriesLimit: 0 }, "metrics.seriesLimit"],
    [{ serviceName: "x", otlp: { endpoint: "localhost:4318" } }, "otlp.endpoint"],
    [{ serviceName: "x", otlp: { endpoint: "not a url" } }, "otlp.endpoint"],
    [{ serviceName: "x", otlp: { endpoint: "http://localhost:4318", queueSize: 0 } }, "otlp.queueSize"],
  ])("refuses %j and names the path", async (options, path) => {
    const error = await startOtel(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).subject).toBe(path);
  });

  it("repeats nothing of an endpoint that holds a password", async () => {
    const otlp = { endpoint: "user:PASSWORD@localhost:4318" };
    await expect(startOtel({ serviceName: "x", otlp })).rejects.not.toThrow(/PASSWORD/);
  });
});
