import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPosition, parsePosition } from "../src/replicas/position.ts";
import { createTimeline } from "../src/replicas/timeline.ts";

describe("positions", () => {
  test("come back from their text", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (position) => {
        expect(parsePosition(formatPosition(position))).toBe(position);
      }),
    );
    expect(parsePosition("16/B374D848")).toBe(0x16b374d848n);
    expect(parsePosition("16")).toBeUndefined();
    expect(parsePosition("1/2; DROP")).toBeUndefined();
  });
});

describe("a timeline", () => {
  test("tells since when a replica misses something", () => {
    const timeline = createTimeline();
    timeline.add(10n, 1_000);
    timeline.add(20n, 2_000);
    timeline.add(20n, 3_000);
    timeline.add(30n, 4_000);
    expect(timeline.lagMs(30n, 10_000)).toBe(0);
    expect(timeline.lagMs(25n, 10_000)).toBe(6_000);
    expect(timeline.lagMs(15n, 10_000)).toBe(8_000);
    expect(timeline.lagMs(5n, 10_000)).toBe(9_000);
  });

  test("does not grow, and forgets what a restored primary took back", () => {
    const timeline = createTimeline(3);
    for (let at = 1; at <= 10; at++) timeline.add(BigInt(at), at);
    expect(timeline.lagMs(0n, 10)).toBe(2);
    timeline.add(1n, 11);
    expect(timeline.lagMs(1n, 20)).toBe(0);
  });
});
