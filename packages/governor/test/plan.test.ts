import { ConfigurationError } from "@flyball/core";
import { describe, expect, test } from "vitest";
import { readPlan } from "../src/index.ts";

describe("a rollout plan", () => {
  test("of a flag's name alone has the defaults that the error rates were simulated with", () => {
    const plan = readPlan("flag: semantic_cache");
    expect(plan.steps.map(({ percent }) => percent)).toEqual([1, 5, 25, 50]);
    expect(plan.guardrails.map(({ metric }) => metric.name)).toEqual(["errors", "latency", "latency_p95", "cost"]);
    expect(plan).toMatchObject({ alpha: 0.05, burnIn: 500, tightestAt: 5_000, hurried: false });
    expect(plan.ship).toEqual({ better: [], holdbackPercent: 0, byHand: false });
  });

  test("is YAML, with durations and percentages as people write them", () => {
    const plan = readPlan(`
flag: semantic_cache
description: Answers by meaning
code: [packages/cache/src/semantic]
metrics:
  too_slow: { measure: slower_than, milliseconds: 8000 }
  summary: { measure: duration, kind: node, name: summary }
  faithful: { measure: quality, scorer: faithfulness }
steps:
  - percent: 1%
    minimum: { time: 2h, units: 200 }
  - percent: 50
    minimum: { time: 1d, units: 2000 }
guardrails:
  - metric: too_slow
  - metric: summary
    tolerance: 2%
    margin: 0.1
  - metric: faithful
ship: { better: [cost], holdback: 5%, byHand: true }
giveUpAfter: 7d
`);
    expect(plan.steps).toEqual([
      { percent: 1, minimumMs: 7_200_000, minimumUnits: 200 },
      { percent: 50, minimumMs: 86_400_000, minimumUnits: 2_000 },
    ]);
    expect(plan.guardrails.map(({ metric, tolerance, margin }) => [metric.shape, tolerance, margin])).toEqual([
      ["event", 0, 0.01],
      ["log", 0.02, 0.1],
      ["mean", 0, 0.02],
    ]);
    expect(plan.ship).toMatchObject({ holdbackPercent: 5, byHand: true });
    expect(plan.giveUpAfterMs).toBe(7 * 86_400_000);
  });

  test.each([
    [
      "a guardrail on a metric that does not exist",
      "guardrails: [{ metric: latencey }]",
      /guardrails\.0\.metric.*did you mean "latency"/,
    ],
    ["a wish for a metric that does not exist", "ship: { better: [costs] }", /ship\.better\.0.*did you mean "cost"/],
    ["a step backwards", "steps: [{ percent: 5 }, { percent: 5 }]", /steps\.1\.percent/],
    ["more than half", "steps: [{ percent: 60 }]", /steps\.0\.percent.*50/],
    ["a share that cannot be dealt", "steps: [{ percent: 1.3 }]", /multiple of 0\.5/],
    ["a key that does not exist", "guardrail: []", /plan\.guardrail/],
    ["a duration without a unit", "steps: [{ percent: 5, minimum: { time: soon } }]", /minimum\.time.*15m/],
    ["a threshold that is missing", "metrics: { slow: { measure: slower_than } }", /slow\.milliseconds/],
    ["a level that protects nothing", "alpha: 0.9", /plan\.alpha/],
  ])("with %s is refused when it is loaded, with the path", (_, line, message) => {
    expect(() => readPlan(`flag: cache\n${line}`)).toThrow(message);
    expect(() => readPlan(`flag: cache\n${line}`)).toThrow(ConfigurationError);
  });

  test("that is no YAML is refused", () => {
    expect(() => readPlan("flag: [")).toThrow(ConfigurationError);
    expect(() => readPlan(undefined)).toThrow(ConfigurationError);
  });

  test("names operations and scorers that are there, where it is known which are", () => {
    const text =
      "flag: cache\nmetrics: { m: { measure: duration, kind: node, name: sumary } }\nguardrails: [{ metric: m }]";
    expect(() => readPlan(text, { operations: ["summary", "check"] })).toThrow(/did you mean "summary"/);
    expect(readPlan(text).guardrails).toHaveLength(1);
    const scored = "flag: cache\nmetrics: { m: { measure: quality, scorer: rubrik } }\nguardrails: [{ metric: m }]";
    expect(() => readPlan(scored, { scorers: ["rubric"] })).toThrow(/did you mean "rubric"/);
  });

  test("says when it is in more of a hurry than the defaults", () => {
    expect(readPlan("flag: cache\nburnIn: 100").hurried).toBe(true);
    expect(readPlan("flag: cache\nsteps: [{ percent: 50, minimum: { time: 5s } }]").hurried).toBe(true);
    expect(readPlan("flag: cache\nalpha: 0.01").hurried).toBe(false);
  });
});
