import type { OperationEvent } from "../operation.ts";
import type { Outcome, RunScope } from "../outcome.ts";
import { cleanAttributes } from "../redact.ts";
import type { TraceSpan } from "./open-trace.ts";

/** A span read back from the store. Only spans of runs carry the run, without its unit, which may name a person. */
export interface StoredSpan extends Omit<Outcome, "run"> {
  readonly run: Omit<RunScope, "unit"> | undefined;
  readonly events: readonly OperationEvent[];
}

/** Longest text of one trace's spans, characters; beyond it attributes and events are left out. */
const longestText = 4 * 1024 * 1024;

/** All of a trace's spans as text. Undefined fields cost nothing. */
export function storedSpans(spans: readonly TraceSpan[]): string {
  const text = toText(spans);
  if (text.length <= longestText) return text;
  return toText(spans.map(({ outcome }) => ({ outcome: { ...outcome, attributes: {} }, events: undefined })));
}

function toText(spans: readonly TraceSpan[]): string {
  return JSON.stringify(
    spans.map(({ outcome, events }) => ({
      ...outcome,
      attributes: outcome.attributes && cleanAttributes(outcome.attributes),
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
