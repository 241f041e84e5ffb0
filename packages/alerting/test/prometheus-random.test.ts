import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { available } from "../../../test/services/executable.ts";
import type { Rule, ThresholdRule } from "../src/index.ts";
import { run, times } from "./support/readings.ts";
import { bothWorlds, promtoolComplaints } from "./support/two-worlds.ts";

// Whatever the rule and whatever happens, both worlds agree at every evaluation.
const measures: readonly Partial<ThresholdRule>[] = [
  { measure: { metric: "duration", statistic: "p95", kind: "run" }, above: 10, clear: 5 },
  { measure: { metric: "duration", kind: "run" }, above: 8 },
  { measure: { metric: "error_rate", kind: "run" }, above: 0.25, clear: 0.125 },
  { measure: { metric: "count", kind: "run", per: "hour" }, above: 240 },
];

const rule = fc.record({
  measure: fc.constantFrom(...measures),
  window: fc.integer({ min: 1, max: 12 }),
  for: fc.nat(4),
  keepFiring: fc.nat(4),
  minCount: fc.constantFrom(1, 6),
  noData: fc.constantFrom("ok" as const, "keep" as const),
  lowTraffic: fc.constantFrom("ok" as const, "keep" as const),
});

const minutes = fc.array(
  fc.record({
    minutes: fc.integer({ min: 1, max: 8 }),
    each: fc.constantFrom([], times(2, run(2)), times(6, run(7)), times(3, run(20)), [run(2), run(20, "error")]),
  }),
  { minLength: 4, maxLength: 8 },
);

describe.skipIf(!available("promtool"))("the process and Prometheus", () => {
  it("agree on rules and stories made up at random", async () => {
    await fc.assert(
      fc.asyncProperty(rule, minutes, async ({ measure, ...rest }, phases) => {
        const made = {
          type: "threshold",
          name: "made-up",
          summary: "For tests.",
          every: 1,
          ...rest,
          ...measure,
        } as Rule;
        // Every series is there from the start: Prometheus does not see the first of anything.
        const known = [...times(40, run(2)), run(2, "error")];
        const world = await bothWorlds(made, [
          { minutes: 1, each: known },
          { minutes: 14, each: times(4, run(2)) },
          ...phases,
        ]);
        const settled = { ...world, fired: world.fired.filter(({ minute }) => minute > 14) };
        expect(promtoolComplaints([settled])).toBe("");
      }),
      { numRuns: 15, seed: 20_260_101 },
    );
  });
});
