import { SpanKind } from "@opentelemetry/api";
import type { OperationKind } from "../outcome.ts";

/** CLIENT is what waits for somebody else, SERVER what is asked, INTERNAL the rest. */
export const spanKind: Readonly<Record<OperationKind, SpanKind>> = {
  run: SpanKind.INTERNAL,
  node: SpanKind.INTERNAL,
  model: SpanKind.CLIENT,
  embedding: SpanKind.CLIENT,
  retrieval: SpanKind.CLIENT,
  tool: SpanKind.INTERNAL,
  cache: SpanKind.INTERNAL,
  database: SpanKind.CLIENT,
  http: SpanKind.SERVER,
  evaluation: SpanKind.INTERNAL,
};
