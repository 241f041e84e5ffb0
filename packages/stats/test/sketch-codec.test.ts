import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createSketch,
  decodeSketch,
  encodeSketch,
  IncompatibleSketchError,
  InvalidSketchError,
  mergeEncodedSketch,
  type Sketch,
} from "../src/index.ts";

const values = fc.array(
  fc.oneof(fc.double({ min: 0, max: 1e6 }), fc.constantFrom(0, 1e-12, 1e13, Number.NaN, -3, Number.POSITIVE_INFINITY)),
  { maxLength: 300 },
);

function sketchOf(input: readonly number[]): Sketch {
  const sketch = createSketch();
  for (const value of input) sketch.add(value);
  return sketch;
}

describe("encode and decode", () => {
  test("are inverse", () => {
    fc.assert(
      fc.property(values, (input) => {
        const original = sketchOf(input);
        const decoded = decodeSketch(encodeSketch(original));
        expect(decoded).toMatchObject({
          count: original.count,
          sum: original.sum,
          min: original.min,
          max: original.max,
          refused: original.refused,
        });
        for (let q = 0; q <= 1; q += 0.05) expect(decoded.quantile(q)).toBe(original.quantile(q));
        expect(encodeSketch(decoded)).toEqual(encodeSketch(original));
      }),
    );
  });

  test("a second of latencies around 800 ms takes 200 to 500 bytes", () => {
    const input = Array.from({ length: 1000 }, (_, i) => 800 * Math.exp(Math.sin(i * 12.9898)));
    const { length } = encodeSketch(sketchOf(input));
    expect(length).toBeGreaterThan(100);
    expect(length).toBeLessThan(500);
  });

  test("counts beyond 2^32 survive", () => {
    const sketch = sketchOf([5]);
    for (let i = 0; i < 40; i++) sketch.merge(decodeSketch(encodeSketch(sketch)));
    expect(decodeSketch(encodeSketch(sketch)).count).toBe(2 ** 40);
  });

  test("merging encoded bytes equals merging the sketch", () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const expected = sketchOf(left);
        expected.merge(sketchOf(right));
        const merged = sketchOf(left);
        mergeEncodedSketch(merged, encodeSketch(sketchOf(right)));
        expect(encodeSketch(merged)).toEqual(encodeSketch(expected));
      }),
    );
  });
});

describe("garbage", () => {
  test("random bytes are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeSketch(bytes)).toThrow(InvalidSketchError);
      }),
    );
  });

  test("truncated and extended sketches are refused", () => {
    const bytes = encodeSketch(sketchOf([1, 20, 300, 4000]));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSketch(bytes.subarray(0, length))).toThrow(InvalidSketchError);
    }
    expect(() => decodeSketch(new Uint8Array([...bytes, 0]))).toThrow(InvalidSketchError);
  });

  test("a damaged byte is refused or leaves a sketch that holds together", () => {
    const bytes = encodeSketch(sketchOf([0, 1, 20, 20, 300, 4000]));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] as number) ^ flip;
        let sketch: Sketch;
        try {
          sketch = decodeSketch(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidSketchError);
          return;
        }
        expect(sketch.quantile(1)).toBeLessThanOrEqual(sketch.max as number);
        expect(sketch.quantile(0)).toBeGreaterThanOrEqual(sketch.min as number);
      }),
    );
  });

  test("extremes outside the bins are refused", () => {
    const bytes = encodeSketch(sketchOf([1, 20, 300]));
    const max = 1 + 8 + 1 + 1 + 1 + 8 + 8;
    const view = new DataView(bytes.buffer);
    expect(view.getFloat64(max, true)).toBe(300);
    view.setFloat64(max, 400, true);
    expect(() => decodeSketch(bytes)).toThrow(InvalidSketchError);
    view.setFloat64(max, 300, true);
    view.setFloat64(max - 8, 0.5, true);
    expect(() => decodeSketch(bytes)).toThrow(InvalidSketchError);
  });

  test("a refused merge changes nothing", () => {
    const sketch = sketchOf([1, 2, 3]);
    const before = encodeSketch(sketch);
    const bytes = encodeSketch(sketchOf([4, 5]));
    expect(() => mergeEncodedSketch(sketch, bytes.subarray(0, -1))).toThrow(InvalidSketchError);
    const other = createSketch({ relativeError: 0.02 });
    other.add(4);
    expect(() => mergeEncodedSketch(sketch, encodeSketch(other))).toThrow(IncompatibleSketchError);
    expect(encodeSketch(sketch)).toEqual(before);
  });
});
