import { startOtel } from "../../packages/otel/src/index.ts";
import { createMetricsHandler, createOutcomeMetrics, createTelemetry } from "../../packages/telemetry/src/index.ts";

/** What a service does: starts Flyball, runs one pipeline, and says what came of it. */
export async function runPipeline(options = {}) {
  const otel = await startOtel({ serviceName: "host", ...options });
  const recorders = [createOutcomeMetrics({ meter: otel.meter })];
  const telemetry = createTelemetry(otel.tracer ? { tracer: otel.tracer, recorders } : { recorders });
  const outcomes = [];
  telemetry.subscribe(({ kind, name, traceId, spanId, parentSpanId }) => {
    outcomes.push({ kind, name, traceId, spanId, parentSpanId });
  });
  const run = { runId: "run-1", workflow: "fir" };
  await telemetry.trace({ kind: "run", name: "fir", run }, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    await telemetry.trace({ kind: "node", name: "summary" }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      telemetry.start({ kind: "model", name: "gpt-x", model: "gpt-x", provider: "openai" }).end("ok");
    });
  });
  const { body } = await createMetricsHandler({ sources: otel.sources })({});
  return { otel, report: { tracing: otel.tracing, outcomes, metrics: body } };
}

/** Hands the report to the test. */
export function say(report) {
  process.stdout.write(JSON.stringify(report));
}
