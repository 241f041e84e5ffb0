// A service with Sentry, which registers a provider, sampler and context manager of its own.
import * as Sentry from "@sentry/node";
import { runPipeline, say } from "./pipeline.mjs";

const transactions = [];
Sentry.init({
  dsn: "https://public@127.0.0.1:9/1",
  tracesSampleRate: 1,
  beforeSendTransaction(event) {
    transactions.push(event);
    // Nothing leaves the machine.
    return null;
  },
});
const { otel, report } = await Sentry.startSpan({ name: "host request" }, () => runPipeline());
await otel.shutdown(1_000);
Sentry.startSpan({ name: "host afterwards" }, () => {});
await Sentry.flush(2_000);
const spans = transactions.flatMap((event) => [
  { name: event.transaction, traceId: event.contexts.trace.trace_id, spanId: event.contexts.trace.span_id },
  ...event.spans.map((span) => ({
    name: span.description,
    traceId: span.trace_id,
    spanId: span.span_id,
    parentSpanId: span.parent_span_id,
    attributes: span.data,
  })),
]);
say({ ...report, spans });
await Sentry.close(1_000);
