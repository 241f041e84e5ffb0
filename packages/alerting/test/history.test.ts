import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Tally } from "../src/history/tally.ts";
import { live, slowRuns } from "./support/live.ts";
import { recordedMinutes, run, times } from "./support/readings.ts";

const minute = 60_000;
const hour = 60 * minute;

describe("a tally", () => {
  it("sums any window that it reaches like a list of all minutes, however late minutes are read again", () => {
    const value = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 90 }), fc.nat(60), (all, window) => {
        const tally = new Tally({ minutes: 62, hours: 0 });
        const final: number[] = [];
        for (const [index, [early, late]] of all.entries()) {
          tally.add(index * minute, early, index * 2);
          final.push(early);
          // The minute before is read again, and more is found.
          if (index > 0) {
            tally.add((index - 1) * minute, late, index * 2 + 1);
            final[index - 1] = late;
          }
        }
        const end = all.length;
        const expected = final.slice(Math.max(0, end - window), end).reduce((a, b) => a + b, 0);
        expect(tally.sum((end - window) * minute, end * minute)).toBe(expected);
      }),
    );
  });

  it("goes on in hours beyond its minutes, whole ones at the far end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 900 }), fc.integer({ min: 1, max: 10 }), (count, back) => {
        const tally = new Tally({ minutes: 120, hours: 20 });
        for (let index = 0; index < count; index++) tally.add(index * minute, 1, index);
        const end = count * minute;
        const from = end - back * hour;
        const whole = from >= end - 120 * minute ? from : Math.floor(from / hour) * hour;
        const expected = Math.min(count, (end - Math.max(whole, 0)) / minute);
        expect(tally.sum(from, end)).toBe(expected);
      }),
    );
  });

  it("takes an hour that is read again for what it is now", () => {
    const tally = new Tally({ minutes: 10, hours: 5 });
    tally.addHour(0, 3, 1);
    tally.addHour(0, 4, 1);
    expect(tally.hour(0)).toBe(7);
    tally.addHour(0, 5, 2);
    expect(tally.hour(0)).toBe(5);
    expect(tally.hour(hour)).toBeUndefined();
  });
});

describe("a process that starts", () => {
  it("knows the minutes before it began", async () => {
    const minutes = recordedMinutes();
    await minutes.minutes(10, ...times(10, run(41)));
    const { alerting } = live({}, minutes);
    await alerting.round();
    expect(alerting.stats().firing).toBe(1);
  });

  it("knows them by group, and without what is excepted", async () => {
    const minutes = recordedMinutes();
    await minutes.minutes(10, run(41, "ok", "fir"), run(41, "ok", "notes"), run(1, "ok", "chat"));
    const measure = { metric: "duration", kind: "run", except: ["notes"] } as const;
    const { alerting } = live({ rules: [{ ...slowRuns, measure, by: ["workflow"] }] }, minutes);
    await alerting.round();
    expect(alerting.alerts().firing.map(({ labels }) => labels)).toEqual([{ workflow: "fir" }]);
    const whole = live({ rules: [{ ...slowRuns, measure, above: 20.9, minCount: 1 }] }, minutes);
    await whole.alerting.round();
    // (41 + 1) / 2 without notes, 27.7 with it.
    expect(whole.alerting.alerts().firing[0]?.text).toMatch(/ 21 s over 5 min \(10 outcomes\)/);
  });
});

describe("groups", () => {
  it("are at most a hundred for each input; what is beyond is counted", async () => {
    const { alerting, step } = live({
      rules: [{ ...slowRuns, measure: { metric: "duration", kind: "run" }, by: ["workflow"] }],
    });
    await step(2, ...Array.from({ length: 130 }, (_, index) => run(41, "ok", `w${index}`)));
    expect(alerting.stats().firing).toBe(100);
    expect(alerting.stats().overflowed).toBeGreaterThanOrEqual(30);
  });
});
