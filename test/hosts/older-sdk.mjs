// A service with its own provider: the SDK of the 2.x line over API 1.9. `off` as argument: one that samples nothing.
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { runPipeline, say } from "./pipeline.mjs";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({
  sampler: process.argv[2] === "off" ? new AlwaysOffSampler() : new AlwaysOnSampler(),
  spanProcessors: [new SimpleSpanProcessor(exporter)],
});
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const tracer = trace.getTracer("host");
const { otel, report } = await tracer.startActiveSpan("host request", async (span) => {
  const result = await runPipeline({ otlp: { endpoint: "http://127.0.0.1:9" }, registerGlobals: true });
  span.end();
  return result;
});
// Still the host's after Flyball has come and gone.
await otel.shutdown(1_000);
tracer.startSpan("host afterwards").end();
const spans = exporter.getFinishedSpans().map((span) => ({
  name: span.name,
  traceId: span.spanContext().traceId,
  spanId: span.spanContext().spanId,
  parentSpanId: span.parentSpanContext?.spanId,
  attributes: span.attributes,
}));
say({ ...report, spans });
