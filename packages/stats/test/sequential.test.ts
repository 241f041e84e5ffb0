import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  betaBinomialMixture,
  compareMeans,
  compareMeansOneSided,
  eventLabelTest,
  normalMixture,
  oneSidedMultiplier,
  pValueOf,
  quantileLogEvidence,
  sampleRatioLogEvidence,
  tightness,
  twoSidedMultiplier,
  uniformBoundary,
} from "../src/index.ts";

const control = { sum: 1396.87, sumOfSquares: 52377.9767, count: 3000 };
const treatment = { sum: 2422.7, sumOfSquares: 134698.29, count: 3461 };

describe("means: published vectors of the asymptotic confidence sequence", () => {
  test("tightness", () => {
    expect(tightness(5000, 0.05)).toBeCloseTo(0.03984006677, 10);
    expect(tightness(5000, 2 * 0.05)).toBeCloseTo(0.03557768853, 10);
  });

  test("two-sided, absolute and relative", () => {
    const absolute = compareMeans(control, treatment);
    expect(absolute?.lower).toBeCloseTo(-0.16011652843, 10);
    expect(absolute?.upper).toBeCloseTo(0.62886986176, 10);
    expect(absolute?.pValue).toBeCloseTo(0.76012500755, 10);
    const relative = compareMeans(control, treatment, { scale: "relative", tightestAt: 1000 });
    expect(relative?.estimate).toBeCloseTo(0.50336, 5);
    expect(relative?.lower).toBeCloseTo(-0.55844, 5);
    expect(relative?.upper).toBeCloseTo(1.56516, 5);
    expect(relative?.pValue).toBe(1);
  });

  test("one-sided, absolute and relative", () => {
    const absolute = compareMeansOneSided(control, treatment);
    expect(absolute?.atLeast).toBeCloseTo(-0.12656844172804982, 12);
    expect(absolute?.atMost).toBeCloseTo(0.5953217750613832, 12);
    // The published p-value is the end of a bisection; ours is the closed form, hence the looser bound.
    expect(absolute?.pGreater).toBeCloseTo(0.46316491943359384, 3);
    const relative = compareMeansOneSided(control, treatment, { scale: "relative" });
    expect(relative?.atLeast).toBeCloseTo(-0.42356454602790883, 12);
    expect(relative?.atMost).toBeCloseTo(1.4302867177403806, 12);
  });

  test("proportions", () => {
    const relative = compareMeans(
      { successes: 1396, count: 3000 },
      { successes: 2422, count: 3461 },
      { scale: "relative" },
    );
    expect(relative?.lower).toBeCloseTo(0.40098, 5);
    expect(relative?.upper).toBeCloseTo(0.60675, 5);
    const few = { successes: 30, count: 1000 };
    const many = { successes: 60, count: 1000 };
    expect(compareMeans(few, many)?.lower).toBeCloseTo(0.00111559864, 10);
    expect(compareMeans(few, many)?.upper).toBeCloseTo(0.05888440136, 10);
    expect(compareMeans(few, many)?.pValue).toBeCloseTo(0.03733343284, 10);
    expect(compareMeansOneSided(few, many)?.atLeast).toBeCloseTo(0.00331412269, 10);
  });

  test.each([
    [100, 6.694389, 6.606888],
    [1000, 3.363888, 3.152422],
    [5000, 3.035209, 2.779094],
    [20000, 3.127114, 2.868197],
  ])("standard errors reached after %i units", (count, two, one) => {
    expect(twoSidedMultiplier(count, 5000, 0.05)).toBeCloseTo(two, 6);
    expect(oneSidedMultiplier(count, 5000, 0.05)).toBeCloseTo(one, 6);
  });
});

describe("means: properties", () => {
  const arm = fc
    .array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 50 })
    .map((values) => ({
      count: values.length,
      sum: values.reduce((sum, value) => sum + value, 0),
      sumOfSquares: values.reduce((sum, value) => sum + value * value, 0),
    }));

  test("swapping the arms mirrors the interval", () => {
    fc.assert(
      fc.property(arm, arm, (a, b) => {
        const there = compareMeans(a, b);
        const back = compareMeans(b, a);
        expect(there?.lower).toBeCloseTo(-(back?.upper ?? Number.NaN), 8);
        expect(there?.pValue).toBeCloseTo(back?.pValue ?? Number.NaN, 8);
      }),
    );
  });

  test("the interval excludes zero exactly when the p-value is at most alpha", () => {
    fc.assert(
      fc.property(arm, arm, (a, b) => {
        const { lower, upper, pValue } = compareMeans(a, b) ?? { lower: 0, upper: 0, pValue: 1 };
        if (Math.abs(pValue - 0.05) > 1e-9) expect(lower > 0 || upper < 0).toBe(pValue < 0.05);
      }),
    );
  });

  test("too little to compare gives no number", () => {
    const one = { count: 1, sum: 1, sumOfSquares: 1 };
    const zero = { count: 5, sum: 0, sumOfSquares: 0 };
    expect(compareMeans(one, treatment)).toBeUndefined();
    expect(compareMeans(zero, treatment, { scale: "relative" })).toBeUndefined();
  });
});

describe("event labels", () => {
  test("published vector", () => {
    const harm = eventLabelTest({ factors: [2] });
    for (const label of [1, 1, 1, 0, 1]) harm.add(label === 1, 0.5);
    expect(harm.logEvidence).toBeCloseTo(0.745263, 6);
  });

  test("counts in one step are the events one by one, and a stored state goes on", () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 100 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (labels, share) => {
          const single = eventLabelTest();
          for (const label of labels) single.add(label, share);
          const many = eventLabelTest(eventLabelTest().snapshot());
          const hits = labels.filter(Boolean).length;
          many.addMany(hits, labels.length - hits, share);
          expect(many.logEvidence).toBeCloseTo(single.logEvidence, 8);
        },
      ),
    );
  });

  test("the p-value never rises again", () => {
    const harm = eventLabelTest();
    for (let index = 0; index < 30; index++) harm.add(true, 0.5);
    const strongest = harm.pValue;
    for (let index = 0; index < 100; index++) harm.add(false, 0.5);
    expect(harm.pValue).toBe(strongest);
    expect(strongest).toBeLessThan(0.001);
  });

  test("refuses factors that are no harm, and shares outside the comparison", () => {
    expect(() => eventLabelTest({ factors: [1] })).toThrow(RangeError);
    expect(() => eventLabelTest().add(true, 0)).toThrow(RangeError);
  });
});

describe("quantiles", () => {
  const steps = (offset: number) => ({
    count: 1000,
    countBelow: (value: number) => Math.max(0, Math.min(1000, value - offset - 1)),
    countAtMost: (value: number) => Math.max(0, Math.min(1000, value - offset)),
  });
  const candidates = (offset: number) => Array.from({ length: 1000 + offset }, (_, index) => index + 1);

  test.each([
    [0.5, 70, 0.814704],
    [0.5, 85, 0.0838055],
    [0.5, 100, 0.0054947],
    [0.9, 55, 0.0340463],
  ])("published vector: quantile %f, offset %i", (quantile, offset, p) => {
    const log = quantileLogEvidence(steps(0), steps(offset), quantile, candidates(offset), { tightestAt: 100 });
    expect(pValueOf(log)).toBeCloseTo(p, 6);
  });

  test("boundaries of the mixtures: published vectors", () => {
    const boundary = (mixture: (sum: number, time: number) => number): number => uniformBoundary(mixture, 100, 0.05);
    expect(boundary(normalMixture(100, 0.05))).toBeCloseTo(30.35209, 5);
    expect(boundary(normalMixture(100, 0.05, "one-sided"))).toBeCloseTo(27.66071, 5);
    expect(boundary(betaBinomialMixture(100, 0.05, 0.2, 0.8))).toBeCloseTo(31.4308, 4);
    expect(boundary(betaBinomialMixture(100, 0.05, 0.2, 0.8, "one-sided"))).toBeCloseTo(28.41238, 4);
  });

  test("an empty arm says nothing", () => {
    const empty = { count: 0, countBelow: () => 0, countAtMost: () => 0 };
    expect(quantileLogEvidence(empty, steps(0), 0.95, [1])).toBe(0);
  });
});

describe("sample ratio", () => {
  test("published vectors", () => {
    expect(Math.exp(sampleRatioLogEvidence([10, 0], undefined, 2))).toBeCloseTo(1024 / 11, 8);
    expect(Math.exp(sampleRatioLogEvidence([5, 5], undefined, 2))).toBeCloseTo(0.3694084, 7);
    expect(sampleRatioLogEvidence([1000, 1200], undefined, 100)).toBeCloseTo(7.140302, 6);
    expect(sampleRatioLogEvidence([150, 350], [0.25, 0.75], 100)).toBeCloseTo(1.73659, 6);
  });

  test("refuses shares that do not fit the arms", () => {
    expect(() => sampleRatioLogEvidence([1, 2], [1])).toThrow(RangeError);
  });
});
