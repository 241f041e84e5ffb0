import fc from "fast-check";
import { expect, test } from "vitest";
import {
  comparisonOf,
  type FlagDefinition,
  newFlag,
  readRuleset,
  targetsOf,
  withKill,
  withPercentage,
  withRevival,
  withRollout,
  withShipped,
  withTargets,
  writeServerExport,
} from "../src/index.ts";

type Edit = readonly [name: string, apply: (definition: FlagDefinition) => FlagDefinition];

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.integer({ min: 1, max: 100 }).map((half): Edit => ["rollout", (flag) => withRollout(flag, { percent: half / 2 })]),
  fc.integer({ min: 0, max: 49 }).map((percent): Edit => ["ship", (flag) => withShipped(flag, percent)]),
  fc.integer({ min: 0, max: 100 }).map((percent): Edit => ["percentage", (flag) => withPercentage(flag, percent)]),
  fc
    .uniqueArray(fc.constantFrom("ann", "bob", "cid"), { maxLength: 3 })
    .map((units): Edit => ["targets", (flag) => withTargets(flag, units)]),
  fc.constant<Edit>(["kill", withKill]),
  fc.constant<Edit>(["revive", withRevival]),
);

test("whatever is done to a flag in whatever order, arms are as asked and named units stay named", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 12 }), fc.integer({ min: 1, max: 100 }), (edits, half) => {
      const before = edits.reduce((flag, [, apply]) => apply(flag), newFlag("flag"));
      const ramped = withRollout(before, { percent: half / 2, comparison: "flag#7" });
      expect(comparisonOf(ramped)).toEqual({
        flag: "flag",
        id: "flag#7/500:500",
        exposedPercent: half,
        treatmentShare: 0.5,
      });
      expect(targetsOf(ramped)).toEqual(targetsOf(before));
      // Twice is once, so that it may be repeated by whoever finds it unfinished.
      expect(withRollout(ramped, { percent: half / 2, comparison: "flag#7" })).toEqual(ramped);
      expect(withShipped(withShipped(ramped, 5), 5)).toEqual(withShipped(ramped, 5));
      expect(comparisonOf(withKill(ramped))).toBeUndefined();
      expect(comparisonOf(withRevival(withKill(ramped)))).toEqual(comparisonOf(ramped));
      expect(targetsOf(withTargets(ramped, ["dan"]))).toEqual(["dan"]);
    }),
  );
});

test("rules survive a server's form of export, whatever was done to them", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 8 }), (edits) => {
      const flag = edits.reduce((definition, [, apply]) => apply(definition), newFlag("flag", "what it is for"));
      const rules = { version: 2, features: [flag], segments: [] };
      const [back] = readRuleset(JSON.parse(JSON.stringify(writeServerExport(rules, "development")))).features;
      expect(back).toMatchObject({ name: "flag", enabled: flag.enabled, strategies: flag.strategies });
    }),
  );
});
