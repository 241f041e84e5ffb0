import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  comparisonOf,
  createFlags,
  type FlagAdmin,
  type FlagDefinition,
  type FlagProvider,
  newFlag,
  withKill,
  withPercentage,
  withRevival,
  withRollout,
  withShipped,
  withTargets,
} from "../src/index.ts";
import { by, units } from "./fixtures/store.ts";
import { until } from "./fixtures/until.ts";

/** A provider and whoever changes its rules. */
export interface Opened {
  readonly provider: FlagProvider;
  readonly admin: FlagAdmin;
  close(): Promise<void>;
}

let names = 0;

/** What every provider does alike. */
export function providerConformance(name: string, open: () => Promise<Opened>): void {
  describe.concurrent(`a flag provider: ${name}`, () => {
    let opened: Opened;

    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    /** A flag of the test's own: a server takes a second for each change, so the tests run side by side. */
    function begin() {
      const flag = `flag-${names++}`;
      const flags = createFlags({ provider: opened.provider, defaults: { [flag]: false } });
      return {
        flag,
        flags,
        armsOf: (population: readonly string[]): Map<string, string> =>
          new Map(population.map((unit) => [unit, flags.evaluate(flag, { unit }).arm])),
        comparison: () => comparisonOf(opened.provider.definition(flag) as FlagDefinition),
        /** Changes a flag and waits until decisions are made by it. */
        async set(edit: (definition: FlagDefinition) => FlagDefinition | undefined, which = flag): Promise<void> {
          const after = await opened.admin.change(which, (current) => edit(current ?? newFlag(which)), by);
          await until(() => {
            const seen = opened.provider.definition(which);
            if (!after || !seen) return after === seen;
            return seen.enabled === after.enabled && shape(seen) === shape(after);
          });
        },
      };
    }

    /** What a server may not change. */
    const shape = ({ strategies }: FlagDefinition): string =>
      JSON.stringify(
        strategies.map((strategy) => [
          Object.entries(strategy.parameters ?? {}).sort(),
          strategy.constraints?.map((constraint) => [constraint.contextName, constraint.values]),
          strategy.variants?.map((variant) => [variant.name, variant.weight]),
        ]),
      );

    test("a flag that is not there has its default, and says so", () => {
      const unknown = createFlags({ provider: opened.provider, defaults: { missing: true, other: false } });
      const { decisions, evaluations } = unknown.resolve({ runId: "run", unit: "u" });
      expect(decisions).toEqual({ missing: "on", other: "off" });
      expect(evaluations.map(({ reason }) => reason)).toEqual(["default", "default"]);
    });

    test("a new flag is off; on for everyone it is on, and in no comparison", async () => {
      const { comparison, flag, flags, set } = begin();
      await set((definition) => definition);
      expect(flags.evaluate(flag, { unit: "u" })).toMatchObject({ value: false, arm: "off", reason: "disabled" });
      await set((definition) => withShipped(definition));
      expect(flags.evaluate(flag, { unit: "u" })).toMatchObject({ value: true, arm: "on", variant: "on" });
      expect(comparison()).toBeUndefined();
    });

    test("arms are equal, and as the share grows nobody changes arm", async () => {
      const { armsOf, comparison, flag, flags, set } = begin();
      const population = units(4_000);
      let before = new Map<string, string>();
      for (const percent of [1, 5, 25, 50]) {
        await set((definition) => withRollout(definition, { percent }));
        const arms = armsOf(population);
        const count = (arm: string): number => [...arms.values()].filter((other) => other === arm).length;
        const expected = population.length * (percent / 100);
        const spread = 4 * Math.sqrt(expected) + 1;
        expect(Math.abs(count("control") - expected)).toBeLessThan(spread);
        expect(Math.abs(count("treatment") - expected)).toBeLessThan(spread);
        for (const [unit, arm] of before) if (arm !== "off") expect(arms.get(unit)).toBe(arm);
        before = arms;
      }
      expect([...before.values()]).not.toContain("off");
      expect(flags.evaluate(flag, { unit: "unit-1" }).reason).toBe("split");
      expect(comparison()).toMatchObject({ flag, exposedPercent: 100, treatmentShare: 0.5 });
    });

    test("control takes the plain path and treatment the other", async () => {
      const { flag, flags, set } = begin();
      await set((definition) => withRollout(definition, { percent: 50 }));
      for (const unit of units(50)) {
        const { arm, value } = flags.evaluate(flag, { unit });
        expect(value).toBe(arm === "treatment");
      }
    });

    test("another comparison deals units anew", async () => {
      const { armsOf, comparison, flag, set } = begin();
      await set((definition) => withRollout(definition, { percent: 50, comparison: `${flag}#1` }));
      const first = armsOf(units(400));
      const idOfFirst = comparison()?.id;
      await set((definition) => withRollout(definition, { percent: 50, comparison: `${flag}#2` }));
      const second = armsOf(units(400));
      const changed = [...first].filter(([unit, arm]) => second.get(unit) !== arm).length;
      expect(changed).toBeGreaterThan(120);
      expect(comparison()?.id).not.toBe(idOfFirst);
    });

    test("several flags deal the same units independently", async () => {
      const { flag, flags, set } = begin();
      const other = `flag-${names++}`;
      await set((definition) => withRollout(definition, { percent: 50 }));
      await set((definition) => withRollout(definition, { percent: 50 }), other);
      const both = units(4_000).filter(
        (unit) => flags.evaluate(flag, { unit }).arm === flags.evaluate(other, { unit }).arm,
      ).length;
      expect(Math.abs(both - 2_000)).toBeLessThan(4 * Math.sqrt(1_000));
    });

    test("named units are on whatever their share, outside the comparison; the spread keeps the names", async () => {
      const { flag, flags, set } = begin();
      await set((definition) => withTargets(withRollout(definition, { percent: 5 }), ["alice", "bob"]));
      expect(flags.evaluate(flag, { unit: "alice" })).toMatchObject({ value: true, arm: "on" });
      await set((definition) => withRollout(definition, { percent: 50 }));
      expect(flags.evaluate(flag, { unit: "bob" })).toMatchObject({ value: true, arm: "on" });
      expect(["control", "treatment"]).toContain(flags.evaluate(flag, { unit: "carol" }).arm);
      await set((definition) => withTargets(definition, []));
      expect(flags.evaluate(flag, { unit: "bob" }).arm).not.toBe("on");
    });

    test("a rollout among some stays among them", async () => {
      const { flag, flags, set } = begin();
      const paying = { contextName: "plan", operator: "IN", values: ["paid"], inverted: false, caseInsensitive: false };
      await set((definition) => {
        const [comparing] = withRollout(definition, { percent: 25 }).strategies;
        return { ...definition, enabled: true, strategies: [{ ...comparing!, constraints: [paying] }] };
      });
      await set((definition) => withRollout(definition, { percent: 50 }));
      for (const unit of units(20)) {
        expect(flags.evaluate(flag, { unit, attributes: { plan: "free" } }).arm).toBe("off");
        expect(flags.evaluate(flag, { unit, attributes: { plan: "paid" } }).arm).not.toBe("off");
      }
    });

    test("a prerequisite that is off turns its dependants off, while they run too", async () => {
      const { flag, flags, set } = begin();
      const parent = `flag-${names++}`;
      await set((definition) => withShipped(definition), parent);
      await set((definition) => ({ ...withShipped(definition), dependencies: [{ feature: parent, enabled: true }] }));
      const { decisions } = flags.resolve({ runId: "run", unit: "u" });
      expect(decisions[flag]).toBe("on");
      await set(withKill, parent);
      expect(flags.evaluate(flag, { unit: "u" }).arm).toBe("off");
      expect(flags.arm(decisions, flag)).toBe("off");
    });

    test("a kill demotes what has not run yet, also when the flag is on again", async () => {
      const { flag, flags, set } = begin();
      await set((definition) => withRollout(definition, { percent: 50 }));
      const treated = units(100).find((unit) => flags.evaluate(flag, { unit }).arm === "treatment") as string;
      const startedAt = Date.now() - 1;
      const { decisions } = flags.resolve({ runId: "run", unit: treated });
      expect(flags.arm(decisions, flag)).toBe("treatment");
      expect(flags.isOn(decisions, flag)).toBe(true);
      await set(withKill);
      expect(flags.arm(decisions, flag)).toBe("off");
      expect(flags.arm(decisions, flag)).toBe("off");
      expect(flags.resume({ ...decisions })).toEqual({ [flag]: "off" });
      await set(withRevival);
      expect(flags.arm(decisions, flag)).toBe("off");
      expect(flags.resume({ ...decisions }, startedAt)).toEqual({ [flag]: "off" });
      expect(flags.arm(flags.resolve({ runId: "next", unit: treated }).decisions, flag)).toBe("treatment");
      expect(flags.stats().demoted).toBe(3);
    });

    test("a change of the share leaves a run its arm", async () => {
      const { flag, flags, set } = begin();
      await set((definition) => withRollout(definition, { percent: 50 }));
      const { decisions } = flags.resolve({ runId: "run", unit: "u" });
      const arm = flags.arm(decisions, flag);
      await set((definition) => withRollout(definition, { percent: 1 }));
      expect(flags.arm(decisions, flag)).toBe(arm);
      expect(flags.resume({ ...decisions })).toEqual(decisions);
    });

    test("a flag deleted while runs carry it is off for them", async () => {
      const { flag, flags, set } = begin();
      await set((definition) => withShipped(definition));
      const { decisions } = flags.resolve({ runId: "run", unit: "u" });
      await set(() => undefined);
      expect(flags.arm(decisions, flag)).toBe("off");
      expect(flags.resume({ [flag]: "on" })).toEqual({ [flag]: "off" });
    });

    test("without a unit a decision sticks to the run, and the run is counted", async () => {
      const { flag, flags, set } = begin();
      await set((definition) => withRollout(definition, { percent: 25 }));
      const resolutions = units(50).map((runId) => flags.resolve({ runId }));
      const again = units(50).map((runId) => flags.resolve({ runId }));
      expect(again.map(({ decisions }) => decisions)).toEqual(resolutions.map(({ decisions }) => decisions));
      expect(resolutions.every(({ unitMissing }) => unitMissing)).toBe(true);
      expect(new Set(resolutions.map(({ decisions }) => decisions[flag])).size).toBe(3);
      expect(flags.stats()).toMatchObject({ resolved: 100, unitMissing: 100 });
    });

    test("a holdback keeps its share in control after shipping", async () => {
      const { armsOf, comparison, set } = begin();
      await set((definition) => withRollout(definition, { percent: 50 }));
      await set((definition) => withShipped(definition, 10));
      const arms = [...armsOf(units(4_000)).values()];
      const control = arms.filter((arm) => arm === "control").length;
      expect(Math.abs(control - 400)).toBeLessThan(4 * Math.sqrt(400));
      expect(arms.filter((arm) => arm === "treatment").length).toBe(4_000 - control);
      expect(comparison()?.treatmentShare).toBeCloseTo(0.9);
    });

    test("a percentage without a comparison", async () => {
      const { armsOf, set } = begin();
      await set((definition) => withPercentage(definition, 30));
      const on = [...armsOf(units(2_000)).values()].filter((arm) => arm === "on").length;
      expect(Math.abs(on - 600)).toBeLessThan(4 * Math.sqrt(600));
    });

    test("every change is in the log, with who and why, and what changes nothing is not", async () => {
      const { flag, set } = begin();
      const figures = { metric: "errors", control: 0.01, treatment: 0.03 };
      await set((definition) => withRollout(definition, { percent: 5 }));
      const change = { who: "ann", why: "errors doubled", action: "rollback", figures };
      await opened.admin.change(flag, (definition) => withKill(definition as FlagDefinition), change);
      await opened.admin.change(flag, (definition) => withKill(definition as FlagDefinition), change);
      const history = (await opened.admin.history({ flag })).filter(({ who }) => who === "ann");
      expect(history).toHaveLength(1);
      expect(history[0]).toMatchObject({ flag, action: "rollback", why: "errors doubled", figures });
      expect(history[0]?.before?.enabled).toBe(true);
      expect(history[0]?.after?.enabled).toBe(false);
    });
  });
}
