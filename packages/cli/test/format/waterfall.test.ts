import { describe, expect, test } from "vitest";
import { type DrawnOutcome, waterfall } from "../../src/format/waterfall.ts";

const operation = (
  spanId: string,
  parentSpanId: string | undefined,
  startedAt: number,
  durationMs: number,
  more: Partial<DrawnOutcome> = {},
): DrawnOutcome => ({
  kind: "node",
  name: spanId,
  status: "ok",
  spanId,
  parentSpanId,
  startedAt,
  durationMs,
  ...more,
});
const draw = (outcomes: readonly DrawnOutcome[]): string[] =>
  waterfall(outcomes, 100, (_status, text) => text)
    .split("\n")
    .slice(1);
const barOf = (line: string | undefined): [number, number] => [
  line?.indexOf("█") ?? -1,
  (line?.match(/█/g) ?? []).length,
];

describe("waterfall", () => {
  const lines = draw([
    operation("late", "run", 1500, 500),
    operation("run", undefined, 1000, 1000, { kind: "run" }),
    operation("early", "run", 1000, 500, { status: "error", errorType: "timeout" }),
    operation("call", "late", 1600, 200, {
      kind: "model",
      usage: { inputTokens: 1200, outputTokens: 34 },
      cost: { priced: true, usd: 0.0042, priceTable: "t" },
    }),
  ]);

  test("draws parents before children and siblings by time", () => {
    expect(lines.map((line) => line.match(/^ *(model )?\w+/)?.[0])).toEqual([
      "run",
      "  early",
      "  late",
      "    model call",
    ]);
  });

  test("bars stand where the operation stands in time, as long as it took", () => {
    const [start, whole] = barOf(lines[0]);
    const half = Math.round(whole / 2);
    expect(barOf(lines[1])).toEqual([start, half]);
    expect(barOf(lines[2])).toEqual([start + half, half]);
  });

  test("says offset, duration, status, tokens and cost", () => {
    expect(lines[1]).toContain("error: timeout");
    expect(lines[3]).toMatch(/600 ms +200 ms +ok +1,200 → 34 +\$0\.0042$/);
  });

  test("a parent that is not there, and parents in a circle, still end", () => {
    expect(draw([operation("a", "gone", 0, 1)])).toHaveLength(1);
    expect(draw([operation("a", "b", 0, 1), operation("b", "a", 0, 1), operation("c", "c", 0, 1)])).toHaveLength(1);
  });
});
