import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSketch, IncompatibleSketchError, type Sketch } from "../src/index.ts";

const quantiles = [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1];

// Durations, scores and dollars span many decades: draw the exponent, not the value.
const positive = fc
  .tuple(fc.double({ min: -8.9, max: 11.9, noNaN: true }), fc.double({ min: 0.1, max: 1, noNaN: true }))
  .map(([exponent, factor]) => 10 ** exponent * factor)
  .filter((value) => value >= 1e-9);
const values = fc.array(fc.oneof({ weight: 9, arbitrary: positive }, fc.constant(0)), { minLength: 1, maxLength: 400 });

function sketchOf(input: readonly number[], relativeError = 0.01): Sketch {
  const sketch = createSketch({ relativeError });
  for (const value of input) sketch.add(value);
  return sketch;
}

function exactQuantile(input: readonly number[], q: number): number {
  return input.toSorted((a, b) => a - b)[Math.floor(q * (input.length - 1))] as number;
}

describe("quantiles", () => {
  test("stay within the relative error of the exact ones", () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0.005, 0.01, 0.05), (input, relativeError) => {
        const sketch = sketchOf(input, relativeError);
        for (const q of quantiles) {
          const exact = exactQuantile(input, q);
          // The slack is for the rounding of log and pow at a bin's edge.
          expect(Math.abs((sketch.quantile(q) as number) - exact)).toBeLessThanOrEqual(
            exact * relativeError * (1 + 1e-9),
          );
        }
      }),
    );
  });

  test("stay within 1 % on a long-tailed load", () => {
    const input: number[] = [];
    let seed = 1;
    for (let i = 0; i < 20_000; i++) {
      seed = (seed * 16_807) % 2_147_483_647;
      input.push(Math.exp(3 + 2 * Math.sqrt(-2 * Math.log(seed / 2_147_483_647)) * Math.cos(i)));
    }
    const sketch = sketchOf(input);
    for (const q of [0.5, 0.95, 0.99]) {
      expect(Math.abs((sketch.quantile(q) as number) / exactQuantile(input, q) - 1)).toBeLessThanOrEqual(0.01);
    }
  });

  test("are undefined when nothing was counted, and clipped to 0 … 1", () => {
    expect(createSketch().quantile(0.5)).toBeUndefined();
    const sketch = sketchOf([1, 2, 3]);
    expect(sketch.quantile(-1)).toBe(sketch.quantile(0));
    expect(sketch.quantile(7)).toBe(3);
    expect(sketch.quantile(Number.NaN)).toBeUndefined();
  });
});

describe("totals", () => {
  test("count, min and max are exact, the sum up to rounding", () => {
    fc.assert(
      fc.property(values, (input) => {
        const sketch = sketchOf(input);
        expect(sketch.count).toBe(input.length);
        expect(sketch.min).toBe(Math.min(...input));
        expect(sketch.max).toBe(Math.max(...input));
        expect(sketch.sum).toBeCloseTo(input.reduce((a, b) => a + b, 0));
      }),
    );
  });

  test("are undefined or zero when empty", () => {
    expect(createSketch()).toMatchObject({ count: 0, sum: 0, min: undefined, max: undefined, refused: 0 });
  });

  test("count what is at most a value, up to the bin it shares", () => {
    fc.assert(
      fc.property(values, positive, (input, bound) => {
        const counted = sketchOf(input).countAtMost(bound);
        expect(counted).toBeGreaterThanOrEqual(input.filter((value) => value <= bound).length);
        expect(counted).toBeLessThanOrEqual(input.filter((value) => value <= bound * 1.0203).length);
      }),
    );
  });
});

describe("values that are not", () => {
  test("NaN, infinities and negatives are refused and counted, and change nothing else", () => {
    const sketch = sketchOf([5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -1e-300, 7]);
    expect(sketch).toMatchObject({ refused: 5, count: 2, sum: 12, min: 5, max: 7 });
  });

  test("zero, minus zero and the immeasurably small have their own bin", () => {
    const sketch = sketchOf([0, -0, 1e-300, 10]);
    expect(sketch.count).toBe(4);
    expect(sketch.quantile(0.5)).toBe(0);
    expect(Object.is(sketchOf([-0]).min, 0)).toBe(true);
  });

  test("beyond the range the last bin counts them and the memory stays bounded", () => {
    const sketch = sketchOf([1e-9, 1, 1e300, 1e12]);
    expect(sketch).toMatchObject({ count: 4, max: 1e300 });
    expect(sketch.quantile(0)).toBeCloseTo(1e-9, 10);
    expect((sketch as unknown as { bins: Float64Array }).bins.byteLength).toBeLessThan(20_000);
  });
});

describe("merge", () => {
  test("equals one sketch of all values", () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const merged = sketchOf(left);
        merged.merge(sketchOf(right));
        const union = sketchOf([...left, ...right]);
        for (const q of quantiles) expect(merged.quantile(q)).toBe(union.quantile(q));
        expect(merged).toMatchObject({ count: union.count, min: union.min, max: union.max, refused: union.refused });
        expect(merged.sum).toBeCloseTo(union.sum);
      }),
    );
  });

  test("takes an empty one, and refuses another relative error", () => {
    const sketch = sketchOf([1]);
    sketch.merge(createSketch());
    expect(sketch).toMatchObject({ count: 1, min: 1, max: 1 });
    expect(() => sketch.merge(createSketch({ relativeError: 0.02 }))).toThrow(IncompatibleSketchError);
  });
});

test("reset forgets everything", () => {
  const sketch = sketchOf([1, 2, 3, Number.NaN, 0]);
  sketch.reset();
  expect(sketch).toMatchObject({ count: 0, sum: 0, min: undefined, max: undefined, refused: 0 });
  sketch.add(40);
  expect(sketch.quantile(0)).toBe(40);
});

test("a relative error outside 0 … 1 is refused", () => {
  for (const relativeError of [0, 1, -1, Number.NaN]) expect(() => createSketch({ relativeError })).toThrow(RangeError);
});
