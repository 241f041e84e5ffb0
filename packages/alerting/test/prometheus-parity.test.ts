import { describe, expect, it } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type BurnRateRule, defaultRules, documentRules, type Rule, readRulesFile } from "../src/index.ts";
import { oddRules } from "./support/odd-rules.ts";
import { objectiveScenarios, phasesOf, scenarios } from "./support/scenarios.ts";
import { bothWorlds, changes, type Phase, promtoolComplaints } from "./support/two-worlds.ts";

const alerts = `${import.meta.dirname}/../../../alerts`;

/** Prometheus needs two samples to see anything grow, so what it says of a first minute is not compared. */
const settledAfter = 5;

async function holds(rule: Rule, phases: readonly Phase[], times = 1, step = 1): Promise<void> {
  const whole = await bothWorlds(rule, phases, step);
  const world = { ...whole, fired: whole.fired.filter(({ minute }) => minute > settledAfter) };
  const { began, ended } = changes(world);
  expect(began).toHaveLength(times);
  expect(ended).toHaveLength(times);
  expect(promtoolComplaints([world])).toBe("");
}

describe.skipIf(!available("promtool"))("the process and Prometheus begin and end at the same evaluation", () => {
  it.each([...defaultRules(), ...documentRules()])("$name", async (rule) => {
    const scenario = scenarios[rule.name];
    if (!scenario) throw new Error(`no scenario for ${rule.name}`);
    await holds(rule, phasesOf(scenario));
  });

  const objectives = ["fir", "consulting"].flatMap((name) => readRulesFile(`${alerts}/objectives/${name}.yaml`).rules);
  it.each(objectives as BurnRateRule[])("$name", async (rule) => {
    const scenario = objectiveScenarios[rule.labels?.objective ?? ""];
    if (!scenario) throw new Error(`no scenario for ${rule.name}`);
    const { first = [], good, bad } = scenario;
    const page = rule.severity === "critical";
    const step = page ? 5 : 20;
    const phases = [
      { minutes: step, each: [...first, ...good] },
      { minutes: page ? 395 : 4_380, each: good },
      { minutes: page ? 120 : 900, each: bad },
      { minutes: page ? 420 : 460, each: good },
    ];
    // Four days of evaluations every minute would only take time: these rules wait for nothing in between.
    await holds({ ...rule, every: step }, phases, 1, step);
  });

  it.each(oddRules)("$rule.name", ({ rule, phases, times }) => holds(rule, phases, times));

  it("is noticed by promtool when one evaluation differs", async () => {
    const [rule] = defaultRules() as [Rule];
    const world = await bothWorlds(rule, phasesOf(scenarios["run-latency"] as NonNullable<(typeof scenarios)[string]>));
    const middle = Math.floor(world.fired.length / 2);
    const fired = world.fired.map((one, index) => (index === middle ? { ...one, firing: !one.firing } : one));
    expect(promtoolComplaints([{ ...world, fired }])).toMatch(/FAILED/);
  });
});
