import type { Outcome } from "@flyball/telemetry";
import { cost, count, duration } from "./quantity.ts";
import { table } from "./table.ts";

/** What a waterfall needs of an operation. */
export type DrawnOutcome = Pick<
  Outcome,
  | "kind"
  | "name"
  | "status"
  | "startedAt"
  | "durationMs"
  | "spanId"
  | "parentSpanId"
  | "usage"
  | "cost"
  | "errorType"
  | "attempts"
  | "iteration"
>;

/** A trace as lines: each operation under the one that began it, with a bar where it stands in time. */
export function waterfall(
  outcomes: readonly DrawnOutcome[],
  width: number,
  paint: (status: Outcome["status"], text: string) => string,
): string {
  const ordered = inTreeOrder(outcomes);
  const start = Math.min(...outcomes.map((outcome) => outcome.startedAt));
  const end = Math.max(...outcomes.map((outcome) => outcome.startedAt + outcome.durationMs));
  const longest = Math.max(...ordered.map(({ outcome, depth }) => 2 * depth + label(outcome).length));
  const barWidth = Math.max(10, Math.min(60, width - Math.min(longest, 40) - 50));
  const rows = ordered.map(({ outcome, depth }) => [
    clip(`${"  ".repeat(depth)}${label(outcome)}`, 40),
    paint(outcome.status, bar(outcome, start, Math.max(end - start, 1e-6), barWidth)),
    duration(outcome.startedAt - start),
    duration(outcome.durationMs),
    paint(outcome.status, outcome.errorType ? `${outcome.status}: ${outcome.errorType}` : outcome.status),
    outcome.usage ? `${count(outcome.usage.inputTokens) || 0} → ${count(outcome.usage.outputTokens) || 0}` : "",
    cost(outcome.cost),
  ]);
  return table(
    [
      { heading: "operation" },
      { heading: "" },
      { heading: "at", align: "right" },
      { heading: "took", align: "right" },
      { heading: "status" },
      { heading: "tokens", align: "right" },
      { heading: "cost", align: "right" },
    ],
    rows,
  );
}

function label({ kind, name, iteration, attempts }: DrawnOutcome): string {
  const what = kind === "node" || kind === "run" ? name : `${kind} ${name}`;
  const turn = iteration === undefined ? "" : ` #${iteration}`;
  return `${what}${turn}${attempts !== undefined && attempts > 1 ? ` (${attempts} tries)` : ""}`;
}

interface Placed {
  readonly outcome: DrawnOutcome;
  readonly depth: number;
}

/** Parents before children, siblings by time. An operation whose parent is not there stands at the top. */
function inTreeOrder(outcomes: readonly DrawnOutcome[]): Placed[] {
  const known = new Set(outcomes.map((outcome) => outcome.spanId));
  const children = Map.groupBy(outcomes, ({ spanId, parentSpanId }) =>
    parentSpanId !== undefined && parentSpanId !== spanId && known.has(parentSpanId) ? parentSpanId : "",
  );
  const placed: Placed[] = [];
  const place = (parent: string, depth: number): void => {
    const siblings = (children.get(parent) ?? []).toSorted((a, b) => a.startedAt - b.startedAt);
    // Taken out as they are placed, so that parents in a circle, in a damaged trace, cannot draw for ever.
    children.delete(parent);
    for (const outcome of siblings) {
      placed.push({ outcome, depth });
      place(outcome.spanId, depth + 1);
    }
  };
  place("", 0);
  return placed;
}

function bar({ startedAt, durationMs }: DrawnOutcome, start: number, total: number, width: number): string {
  const from = Math.min(width - 1, Math.floor(((startedAt - start) / total) * width));
  const length = Math.max(1, Math.min(width - from, Math.round((durationMs / total) * width)));
  return " ".repeat(from) + "█".repeat(length) + " ".repeat(width - from - length);
}

function clip(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
