import { fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { type AnomalyRule, backtest, type ForecastRule } from "../src/index.ts";
import { baselineOf } from "../src/rules/baseline.ts";
import { live, openTestStore } from "./support/live.ts";
import { type RecordedOperation, recordedMinutes } from "./support/readings.ts";

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 5);

/** Numbers between -1 and 1 that are the same in every run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return (state / 2_147_483_647) * 2 - 1;
  };
}

const spending: AnomalyRule = {
  type: "anomaly",
  name: "unusual-cost",
  summary: "Spending is unusual.",
  measure: { metric: "cost" },
  every: 60,
  minCount: 1,
};

function cost(usd: number): RecordedOperation {
  return {
    kind: "model",
    name: "m",
    model: "m",
    provider: "p",
    durationMs: 1,
    cost: { priced: true, usd, priceTable: "t" },
  };
}

/** Hours of a value each, through real windows and the rule with its default settings; the hours it began in. */
async function begins(values: readonly number[], rule: AnomalyRule = spending): Promise<number[]> {
  const clock = fakeClock(start);
  const store = openTestStore(":memory:", clock);
  const { telemetry } = recordedMinutes(clock, { store });
  for (const value of values) {
    telemetry.record(cost(value));
    await clock.advance(hour);
  }
  await telemetry.flush(5_000);
  const result = await backtest({
    rules: [rule],
    readings: telemetry.windows,
    from: start,
    clock,
    cooldown: 0,
    repeat: 0,
  });
  return result.sent.filter(({ kind }) => kind === "firing").map(({ at }) => (at - start) / hour - 1);
}

const days = 10;
const hours = Array.from({ length: days * 24 }, (_, index) => index);
const daytime = (index: number): number =>
  1 + Math.max(0, Math.sin(((index % 24) / 24) * 2 * Math.PI - Math.PI / 2)) * 9;

/** Series of different natures, and the hours in which something is wrong with them. */
const series: readonly { readonly name: string; readonly values: number[]; readonly wrong: number[] }[] = (() => {
  const next = noise(7);
  return [
    { name: "a steady one with a ripple", values: hours.map(() => 5 + next() * 0.001), wrong: [] },
    {
      name: "a steady one with a spike",
      values: hours.map((at) => (at === 200 ? 20 : 5 + next() * 0.001)),
      wrong: [200],
    },
    { name: "a noisy one", values: hours.map(() => 5 + next() * 2), wrong: [] },
    { name: "a noisy one with a spike", values: hours.map((at) => (at === 180 ? 40 : 5 + next() * 2)), wrong: [180] },
    { name: "days and nights", values: hours.map((at) => daytime(at) + next() * 0.3), wrong: [] },
    {
      name: "daytime traffic in the night",
      values: hours.map((at) => (at === 193 ? 9 : daytime(at) + next() * 0.3)),
      wrong: [193],
    },
    { name: "always nothing", values: hours.map(() => 0), wrong: [] },
    { name: "always nothing, then something", values: hours.map((at) => (at === 150 ? 3 : 0)), wrong: [150] },
    { name: "a slow trend", values: hours.map((at) => 5 + at * 0.01), wrong: [] },
    { name: "a new level", values: hours.map((at) => (at >= 170 ? 30 : 5) + next() * 0.1), wrong: [170] },
  ];
})();

describe("an anomaly rule, with one setting for every series", () => {
  it.each(series)("$name", async ({ values, wrong }) => {
    const found = await begins(values);
    expect(found.filter((at) => !wrong.includes(at) && !(wrong.length === 1 && at > (wrong[0] as number)))).toEqual([]);
    for (const at of wrong) expect(found).toContain(at);
  });

  it("rests after an anomaly: a storm is one", async () => {
    const next = noise(3);
    const values = hours.map((at) => (at >= 180 && at < 192 && at % 2 === 0 ? 60 : 5 + next()));
    expect(await begins(values)).toEqual([180]);
    expect((await begins(values, { ...spending, refractory: 0 })).length).toBeGreaterThan(3);
  });

  it("does not judge before two days of history, nor hours with too little in them", async () => {
    expect(await begins([...Array.from({ length: 40 }, () => 5), 500, 5])).toEqual([]);
    expect(await begins(series[1]?.values ?? [], { ...spending, minCount: 5 })).toEqual([]);
  });

  it("looks in the direction that it is asked to", async () => {
    const values = hours.map((at) => (at === 200 ? 0.01 : 5));
    expect(await begins(values, { ...spending, direction: "above" })).toEqual([]);
    expect(await begins(values, { ...spending, direction: "below" })).toEqual([200]);
  });

  it("keeps its scale when a series is steady: a bare median deviation would collapse", () => {
    const history = hours.map((at) => ({ at: start + at * hour, value: 5 }));
    const baseline = baselineOf(history, start + days * 24 * hour, "usd");
    expect(baseline).toMatchObject({ center: 5, scale: 0.25 });
    expect(baselineOf(history.slice(0, 27), start, "usd")).toBeUndefined();
  });
});

describe("a forecast rule", () => {
  const budget: ForecastRule = {
    type: "forecast",
    name: "month-budget",
    summary: "The budget will not last the month.",
    measure: { metric: "cost" },
    budget: 100,
    window: 60,
    every: 1,
  };

  it("says by when the budget will be spent, as soon as the pace says so and not before", async () => {
    const clock = fakeClock(Date.UTC(2026, 5, 20));
    const store = openTestStore(":memory:", clock);
    const { channel, step, minutes } = live({ rules: [budget], store }, recordedMinutes(clock, { store }));
    // 10 days are left: 0.12 an hour comes to 28.8 of them.
    await minutes(60, cost(0.002));
    await step(2, cost(0.002));
    expect(channel.told).toEqual([]);
    await step(60, cost(0.02));
    expect(channel.told).toEqual(["firing month-budget"]);
    expect(channel.notices[0]?.alerts[0]?.text).toMatch(
      /^\$ [\d.]+ spent, \$ 1\d\d\.\d\d projected for the month at the pace of 1 h; the budget of \$ 100\.00 will be spent by 2026-06-\d\d \d\d:\d\d UTC$/,
    );
    await step(61, cost(0.0001));
    expect(channel.told.at(-1)).toBe("resolved month-budget");
  });

  it("counts from the period's beginning, also what an earlier process spent", async () => {
    const clock = fakeClock(Date.UTC(2026, 5, 20));
    const store = openTestStore(":memory:", clock);
    const { minutes, telemetry } = recordedMinutes(clock, { store });
    await minutes(1, cost(150));
    await clock.advance(2 * 24 * hour);
    await telemetry.flush(1_000);
    const { channel, step } = live({ rules: [budget], store }, recordedMinutes(clock, { store }));
    await step(1);
    expect(channel.told).toEqual(["firing month-budget"]);
    await clock.advance(Date.UTC(2026, 6, 1, 2) - clock.now());
    await step(1);
    expect(channel.told.at(-1)).toBe("resolved month-budget");
  });
});
