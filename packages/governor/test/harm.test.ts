import { type Distribution, quantileLogEvidence } from "@flyball/stats";
import { describe, expect, test } from "vitest";
import { type Effect, effectOf } from "../src/effects/effect.ts";
import { armsOf, harmPValue, nonInferiorityPValue } from "../src/effects/harm.ts";
import { type ComparisonTotals, newTotals } from "../src/effects/merge.ts";
import { type ComparedArm, noTotals, tally } from "../src/effects/statistics.ts";
import { effectInWords, readPlan } from "../src/index.ts";
import { defaultMetrics, type Metric } from "../src/metrics/metric.ts";
import { verdictsOf } from "../src/rollout/verdicts.ts";
import { lognormal, seeded } from "./simulation/random.ts";

const metric = (name: string): Metric => defaultMetrics.find((one) => one.name === name) as Metric;
const options = { alpha: 0.05, tightestAt: 5_000, burnIn: 500 };

/** Totals in which each unit has this number of this metric. */
function totalsOf(of: Metric, numbers: Readonly<Record<ComparedArm, readonly number[]>>): ComparisonTotals {
  const totals = newTotals("test", 0);
  for (const arm of ["control", "treatment"] as const) {
    for (const number of numbers[arm]) {
      totals[arm].units++;
      tally(totals[arm], of, number, 1);
    }
  }
  return totals;
}

const ones = (count: number, of: number): number[] => Array.from({ length: of }, (_, index) => (index < count ? 1 : 0));
const around = (seed: number, count: number, median: number, sigma = 0.5): number[] => {
  const random = seeded(seed);
  return Array.from({ length: count }, () => lognormal(random, median, sigma));
};

function judge(name: string, control: readonly number[], treatment: readonly number[]) {
  const of = metric(name);
  const log = of.shape === "log" ? Math.log : (value: number) => value;
  const totals = totalsOf(of, { control: control.map(log), treatment: treatment.map(log) });
  const arms = armsOf(totals.control, totals.treatment, of, 0.5);
  return {
    harm: (tolerance = 0) => harmPValue(of, arms, tolerance, options),
    safety: (margin: number) => nonInferiorityPValue(of, arms, margin, options),
    effect: (): Effect => effectOf(of, totals, 0.5, options),
  };
}

describe("harm", () => {
  test("of control and treatment is not mixed up: the same numbers the other way round are a gain", () => {
    const [fast, slow] = [around(1, 2_000, 1_000), around(2, 2_000, 1_300)];
    for (const name of ["latency", "latency_p95", "cost"]) {
      const [worse, better] = [judge(name, fast, slow), judge(name, slow, fast)];
      expect(worse.harm(), name).toBeLessThan(0.01);
      expect(better.harm(), name).toBe(1);
      expect(worse.effect().verdict, name).toBe("worse");
      expect(better.effect().verdict, name).toBe("better");
    }
    const [good, bad] = [ones(1_900, 2_000), ones(1_700, 2_000)];
    expect(judge("quality", good, bad).harm()).toBeLessThan(0.01);
    expect(judge("quality", bad, good).harm()).toBe(1);
    expect(judge("quality", bad, good).effect().verdict).toBe("better");
    expect(judge("errors", ones(20, 2_000), ones(80, 2_000)).harm()).toBeLessThan(0.01);
    expect(judge("errors", ones(80, 2_000), ones(20, 2_000)).harm()).toBe(1);
  });

  test("within the tolerance is none; beyond it is", () => {
    const [control, worse] = [around(3, 4_000, 1_000), around(3, 4_000, 1_200)];
    for (const name of ["latency", "latency_p95", "cost"]) {
      const judged = judge(name, control, worse);
      expect(judged.harm(0), name).toBeLessThan(0.01);
      expect(judged.harm(0.05), name).toBeLessThan(0.05);
      expect(judged.harm(0.25), name).toBe(1);
      expect(judged.safety(0.4), name).toBeLessThan(0.05);
      expect(judged.safety(0.15), name).toBe(1);
    }
    const events = judge("errors", ones(40, 4_000), ones(80, 4_000));
    expect(events.harm(0)).toBeLessThan(0.05);
    expect(events.harm(1)).toBeGreaterThan(0.3);
    expect(events.safety(0.02)).toBeLessThan(0.05);
    expect(events.safety(0.005)).toBe(1);
  });

  test("of errors: five in a row of the treatment alone are enough to look again, seven to act", () => {
    // Every error from treatment, each as likely from either arm: E grows with every one of them.
    const pValues = [1, 3, 5, 7, 9].map((count) => judge("errors", ones(0, 50), ones(count, 50)).harm());
    expect(pValues).toEqual([...pValues].sort((a, b) => b - a));
    expect(pValues[1]).toBeGreaterThan(0.05);
    expect(pValues[4]).toBeLessThan(0.05);
  });

  test("needs no counterpart: an arm in which everything fails is found without one control unit", () => {
    const plan = readPlan("flag: cache");
    const totals = newTotals("test", 0);
    for (let unit = 0; unit < 20; unit++) {
      totals.treatment.units++;
      tally(totals.treatment, metric("errors"), 1, 1);
    }
    expect(verdictsOf(plan, totals, 0.5).guardrails.find(({ metric: name }) => name === "errors")?.breached).toBe(true);
  });

  test("no errors so far are not proof that there are none", () => {
    expect(judge("errors", ones(0, 500), ones(0, 500)).safety(0.005)).toBeGreaterThan(0.05);
    expect(judge("errors", ones(0, 5_000), ones(0, 5_000)).safety(0.005)).toBeLessThan(0.05);
  });

  test("is none where every unit has the same number, whatever rounding leaves in the sixteenth digit", () => {
    const constant = (count: number): number[] => Array.from({ length: count }, () => 0.1);
    for (const name of ["latency", "cost", "quality"]) {
      for (const [one, other] of [
        [700, 1_300],
        [1_300, 700],
      ] as const) {
        const judged = judge(name, constant(one), constant(other));
        expect(judged.harm(), name).toBe(1);
        expect(judged.safety(0), name).toBe(1);
        expect(judged.safety(0.05), name).toBeLessThan(0.05);
        expect(judged.effect().verdict, name).toBe("open");
      }
    }
  });

  test("nothing that costs anything is nothing to fear", () => {
    expect(judge("cost", ones(0, 600), ones(0, 600)).safety(0.05)).toBe(0);
    expect(judge("cost", ones(0, 600), ones(0, 600)).harm()).toBe(1);
  });
});

describe("a comparison of means", () => {
  test("gives no verdict before its burn-in, however clear it looks", () => {
    const plan = readPlan("flag: cache\nguardrails: [{ metric: cost }]");
    const early = totalsOf(metric("cost"), { control: around(5, 499, 1, 0.1), treatment: around(6, 600, 3, 0.1) });
    const due = totalsOf(metric("cost"), { control: around(5, 500, 1, 0.1), treatment: around(6, 600, 3, 0.1) });
    expect(verdictsOf(plan, early, 0.5).guardrails[0]).toMatchObject({ breached: false, measured: true });
    expect(verdictsOf(plan, due, 0.5).guardrails[0]).toMatchObject({ breached: true });
    expect(effectOf(metric("cost"), early, 0.5, options).verdict).toBe("early");
  });

  test("is none when prices are missing in more than one unit of a hundred", () => {
    const totals = totalsOf(metric("cost"), { control: around(5, 1_000, 1), treatment: around(6, 1_000, 0.5) });
    for (let unit = 0; unit < 30; unit++) tally(totals.treatment, metric("cost"), Number.NaN, 1);
    const effect = effectOf(metric("cost"), totals, 0.5, options);
    expect(effect).toMatchObject({ verdict: "unmeasured", difference: undefined, treatment: { unknown: 30 } });
    expect(effectInWords(effect)).toMatch(/not measured/);
  });

  test("of a metric that nothing records is none", () => {
    const totals = newTotals("test", 0);
    expect(effectOf(metric("quality"), totals, 0.5, options).verdict).toBe("unmeasured");
    expect(effectOf(metric("latency_p95"), totals, 0.5, options).verdict).toBe("unmeasured");
  });
});

describe("several guardrails", () => {
  test("share the level: what one alone would find is not found among ten", () => {
    const errors = totalsOf(metric("errors"), { control: ones(0, 1_000), treatment: ones(9, 1_000) });
    const one = readPlan("flag: cache\nguardrails: [{ metric: errors }]");
    const ten = readPlan({
      flag: "cache",
      guardrails: Array.from({ length: 10 }, () => ({ metric: "errors" })),
    });
    expect(verdictsOf(one, errors, 0.5).guardrails[0]?.breached).toBe(true);
    expect(verdictsOf(ten, errors, 0.5).guardrails[0]?.breached).toBe(false);
  });
});

describe("the sample ratio", () => {
  const plan = readPlan("flag: cache");
  const dealt = (control: number, treatment: number, share = 0.5): boolean => {
    const totals = newTotals("test", 0);
    totals.control.units = control;
    totals.treatment.units = treatment;
    return verdictsOf(plan, totals, share).sampleRatioMismatch;
  };

  test("is suspect beyond chance, and only then", () => {
    expect(dealt(0, 0)).toBe(false);
    expect(dealt(1_000, 1_060)).toBe(false);
    expect(dealt(1_000, 1_300)).toBe(true);
    expect(dealt(500, 4_500, 0.9)).toBe(false);
    expect(dealt(900, 4_100, 0.9)).toBe(true);
  });
});

describe("quantiles from bins", () => {
  /** The same test on the values themselves. */
  function exact(control: readonly number[], treatment: readonly number[]): number {
    const distribution = (values: readonly number[]): Distribution => ({
      count: values.length,
      countBelow: (value) => values.filter((one) => one < value).length,
      countAtMost: (value) => values.filter((one) => one <= value).length,
    });
    const candidates = [...control, ...treatment];
    return Math.exp(
      -quantileLogEvidence(distribution(control), distribution(treatment), 0.95, candidates, { alpha: 0.05 }),
    );
  }

  test("never find more than the values themselves, and little less", () => {
    for (const [seed, factor] of [
      [11, 1],
      [12, 1.15],
      [13, 1.4],
    ] as const) {
      const [control, treatment] = [around(seed, 600, 1_000), around(seed + 50, 600, 1_000 * factor)];
      const binned = judge("latency_p95", control, treatment).effect().difference?.pValue ?? 0;
      const truth = Math.min(1, exact(control, treatment));
      expect(binned).toBeGreaterThanOrEqual(truth * 0.999);
      expect(Math.log(binned)).toBeLessThan(Math.log(truth) / 2 + 0.7);
    }
  });

  test("the interval holds the truth and shuts zero out when it is clear", () => {
    const difference = judge("latency_p95", around(21, 5_000, 1_000), around(22, 5_000, 1_500)).effect().difference;
    expect(difference?.lower).toBeGreaterThan(0.1);
    expect(difference?.lower).toBeLessThan(0.5);
    expect(difference?.upper).toBeGreaterThan(0.5);
    expect(difference?.estimate).toBeCloseTo(0.5, 0);
  });

  test("of few units say nothing", () => {
    const effect = judge("latency_p95", [100, 200, 300], [400, 500, 600]).effect();
    expect(effect.verdict).toBe("early");
    expect(effect.difference?.lower).toBe(-1);
    expect(effect.difference?.upper).toBe(Number.POSITIVE_INFINITY);
  });
});

test("an effect is said in one sentence, with units and interval", () => {
  const words = effectInWords(judge("latency", around(31, 1_000, 1_000), around(32, 1_000, 1_500)).effect());
  expect(words).toMatch(
    /^latency: worse, \+\d+\.\d % \[\+\d+\.\d %, \+\d+\.\d %\]; \d+(\.\d)? in treatment \(1000 units\)/,
  );
  expect(noTotals()).toEqual({ units: 0, metrics: {} });
});
