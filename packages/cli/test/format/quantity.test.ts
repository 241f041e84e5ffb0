import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytes, cost, count, dollars, duration, percent, spent } from "../../src/format/quantity.ts";

describe("durations", () => {
  test.each([
    [0, "0.0 ms"],
    [0.42, "0.4 ms"],
    [9.96, "10 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [1240, "1.24 s"],
    [59_996, "1 m 00 s"],
    [125_000, "2 m 05 s"],
    [Number.NaN, "–"],
  ])("%d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));

  test("seconds never reach 60", () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1e8, noNaN: true }), (ms) => !/\b60(\.00)? s$/.test(duration(ms))));
  });
});

describe("money", () => {
  test.each([
    [0, "$0"],
    [12.3, "$12.30"],
    [0.5, "$0.50"],
    [0.00421, "$0.0042"],
    [0.0000012, "$0.0000012"],
    [1e-12, "$0.00000000"],
  ])("%d is %s", (usd, text) => expect(dollars(usd)).toBe(text));

  test("an unknown price is never shown as zero", () => {
    expect(spent(0, 1)).toBe("unpriced");
    expect(spent(0.5, 2)).toBe("$0.50 + unpriced");
    expect(spent(0, 0)).toBe("");
    expect(cost({ priced: false, reason: "unknown model" })).toBe("unpriced");
    expect(cost({ priced: true, usd: 0, priceTable: "t" })).toBe("$0");
  });
});

test("counts are grouped, and nothing is shown for nothing", () => {
  expect([count(0), count(12), count(12_345)]).toEqual(["", "12", "12,345"]);
});

test.each([
  [0, "0 B"],
  [820, "820 B"],
  [1_536, "1.5 kB"],
  [104_857_600, "100 MB"],
  [10 * 2 ** 30, "10.0 GB"],
])("%d bytes are %s", (value, text) => expect(bytes(value)).toBe(text));

test("a share of nothing is not 0 %", () => {
  expect([percent(0), percent(0.4567), percent(undefined)]).toEqual(["0.0 %", "45.7 %", ""]);
});
