import type { Outcome } from "@flyball/telemetry";
import { expect, test } from "vitest";
import { stepTally } from "../src/step-tally.ts";

const outcome = (spanId: string, parentSpanId: string | undefined, more: Partial<Outcome>): Outcome => ({
  kind: "node",
  name: spanId,
  status: "ok",
  startedAt: 0,
  durationMs: 100,
  traceId: "t",
  spanId,
  parentSpanId,
  run: undefined,
  ...more,
});

test("what a call spent counts at each node around it and at the run, once", () => {
  const tally = stepTally();
  const usage = { inputTokens: 10, outputTokens: 5 };
  tally.add(outcome("c1", "item", { kind: "model", usage, cost: { priced: true, usd: 0.5, priceTable: "p" } }));
  tally.add(outcome("c2", "item", { kind: "model", usage, cost: { priced: false, reason: "unknown" } }));
  tally.add(outcome("item", "checks", { name: "check" }));
  tally.add(outcome("checks", "run", {}));
  tally.add(outcome("other", "run", { status: "error", durationMs: 300 }));
  tally.add(outcome("skipped", "run", { status: "skipped" }));
  tally.add(outcome("run", undefined, { kind: "run", name: "flow", durationMs: 400 }));

  const steps = Object.fromEntries(tally.totals().map((step) => [step.name, step]));
  for (const name of ["check", "checks", "flow"]) {
    expect(steps[name]).toMatchObject({ count: 1, inputTokens: 20, outputTokens: 10, usd: 0.5, unpriced: 1 });
  }
  expect(steps.other).toMatchObject({ errors: 1, usd: 0 });
  expect(steps.other?.p95Ms).toBeCloseTo(300, -1);
  expect(steps.skipped).toBeUndefined();
  expect(tally.totals().at(-1)?.name).toBe("flow");
});
