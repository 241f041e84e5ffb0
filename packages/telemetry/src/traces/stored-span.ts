import type { OperationEvent } from "../operation.ts";
import type { Outcome, RunScope } from "../outcome.ts";
import { redactUrls } from "../redact.ts";
import type { TraceSpan } from "./open-trace.ts";

/** A span read back from the store. Only spans of runs carry the run, without its unit, which may name a person. */
export interface StoredSpan extends Omit<Outcome, "run"> {
  readonly run: Omit<RunScope, "unit"> | undefined;
  readonly events: readonly OperationEvent[];
}

/** All of a trace's spans as text. Undefined fields cost nothing. */
export function storedSpans(spans: readonly TraceSpan[]): string {
  return JSON.stringify(
    spans.map(({ outcome, events }) => ({
      ...outcome,
      attributes: withoutSecrets(outcome.attributes),
      run: outcome.kind === "run" && outcome.run ? { ...outcome.run, unit: undefined } : undefined,
      events,
    })),
  );
}

/** @throws SyntaxError when the text is damaged. */
export function readSpans(text: string): StoredSpan[] {
  const spans = JSON.parse(text) as (Outcome & { events?: readonly OperationEvent[] })[];
  return spans.map((span) => ({ ...span, parentSpanId: span.parentSpanId, run: span.run, events: span.events ?? [] }));
}

function withoutSecrets(attributes: Outcome["attributes"]): Outcome["attributes"] {
  if (!attributes) return undefined;
  const clean: Record<string, string | number | boolean> = {};
  for (const key in attributes) {
    const value = attributes[key] as string | number | boolean;
    clean[key] = typeof value === "string" ? redactUrls(value) : value;
  }
  return clean;
}
