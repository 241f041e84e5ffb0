import { createSeriesMeter, serializeMetrics } from "@flyball/telemetry";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { backoffMs } from "../src/delivery/backoff.ts";
import { isOpen } from "../src/delivery/maintenance.ts";
import { destinations } from "../src/delivery/route.ts";
import { matches } from "../src/delivery/silence.ts";
import { type Alert, DeliveryError, observeAlerting, webhookChannel } from "../src/index.ts";
import { collectingChannel } from "./support/collecting-channel.ts";
import { live, rulesWith, slowRuns } from "./support/live.ts";
import { alert } from "./support/notices.ts";
import { run, times } from "./support/readings.ts";
import { startReceiver } from "./support/receiver.ts";

const slow = times(10, run(41));

describe("routes", () => {
  const routes = [
    { match: { severity: "critical" }, channels: ["pager"], continue: true },
    { match: { labels: { workflow: ["fir", "notes"] } }, channels: ["documents"], groupBy: ["workflow"] },
    { channels: ["rest", "pager"] },
  ] as const;
  const to = (change: Partial<Alert>): string[] =>
    destinations(routes, { ...alert, ...change }).map(({ channel }) => channel);

  it("go by severity and label, the first that fits unless it goes on", () => {
    expect(to({})).toEqual(["pager", "documents"]);
    expect(to({ severity: "warning" })).toEqual(["documents"]);
    expect(to({ severity: "info", labels: {} })).toEqual(["rest", "pager"]);
    expect(to({ labels: { workflow: "chat" } })).toEqual(["pager", "rest"]);
  });

  it("put into one message what shares the labels they group by", async () => {
    const channel = collectingChannel();
    const { step } = live({
      channels: [channel],
      rules: [{ ...slowRuns, measure: { metric: "duration", kind: "run" }, by: ["workflow"] }],
      routes: [{ channels: ["collect"], groupBy: ["workflow"] }],
    });
    await step(1, ...["a", "b", "c"].map((workflow) => run(41, "ok", workflow)));
    expect(channel.notices.map(({ alerts }) => alerts.length)).toEqual([1, 1, 1]);
  });

  it("without grouping put what is due together into as few messages as fit", async () => {
    const { channel, step } = live({
      rules: [{ ...slowRuns, measure: { metric: "duration", kind: "run" }, by: ["workflow"] }],
    });
    await step(1, ...times(45, run(41)).map((_, index) => run(41, "ok", `w${index}`)));
    expect(channel.notices.map(({ alerts }) => alerts.length)).toEqual([20, 20, 5]);
    expect(new Set(channel.notices.flatMap(({ alerts }) => alerts.map(({ fingerprint }) => fingerprint))).size).toBe(
      45,
    );
  });
});

describe("matchers", () => {
  it("fit when all of their parts do", () => {
    expect(matches({}, alert)).toBe(true);
    expect(matches({ alert: ["x", "run-latency"] }, alert)).toBe(true);
    expect(matches({ alert: "run-latency", severity: "warning" }, alert)).toBe(false);
    expect(matches({ labels: { workflow: "fir" } }, alert)).toBe(true);
    expect(matches({ labels: { tenant: "fir" } }, alert)).toBe(false);
  });
});

describe("maintenance windows", () => {
  const at = (text: string): number => Date.parse(`${text}Z`);
  it.each([
    ["in the middle", { start: "02:00", minutes: 60 }, "2026-01-07T02:30", true],
    ["at its first moment", { start: "02:00", minutes: 60 }, "2026-01-07T02:00", true],
    ["at its end", { start: "02:00", minutes: 60 }, "2026-01-07T03:00", false],
    ["on another day", { start: "02:00", minutes: 60, days: ["sun"] }, "2026-01-07T02:30", false],
    ["on its day", { start: "02:00", minutes: 60, days: ["wed"] }, "2026-01-07T02:30", true],
    [
      "beyond midnight, by the day it began on",
      { start: "23:00", minutes: 180, days: ["tue"] },
      "2026-01-07T01:30",
      true,
    ],
    ["beyond midnight, of another day", { start: "23:00", minutes: 180, days: ["wed"] }, "2026-01-07T01:30", false],
    ["two days later", { start: "23:00", minutes: 2_940, days: ["mon"] }, "2026-01-07T23:30", true],
    [
      "by the clock of another place",
      { start: "02:00", minutes: 60, timeZone: "Asia/Kolkata" },
      "2026-01-06T21:00",
      true,
    ],
    ["in summer time", { start: "02:00", minutes: 60, timeZone: "Europe/Berlin" }, "2026-07-07T00:30", true],
  ] as const)("%s", (_name, window, time, expected) => {
    expect(isOpen(window, at(time))).toBe(expected);
  });
});

describe("the watchdog", () => {
  it("says once in its interval that alerting works, so that its silence is noticed", async () => {
    const { channel, step } = live({ watchdog: { every: 60 } });
    await step(130);
    expect(channel.told).toEqual(["watchdog", "watchdog", "watchdog"]);
    expect(channel.notices[0]?.text).toBe("1 rules are evaluated; 0 alerts fire; 0 notices wait, 0 were given up.");
  });

  it("goes to the channels that it is for", async () => {
    const [a, b] = [collectingChannel("a"), collectingChannel("b")];
    const { step } = live({ channels: [a, b], watchdog: { every: 60, channels: ["b"] } });
    await step(3);
    expect([a.told, b.told]).toEqual([[], ["watchdog"]]);
  });
});

describe("a channel", () => {
  it("that is down is tried at growing intervals and given up after a day", async () => {
    const channel = collectingChannel();
    const tries: number[] = [];
    const { step, clock, alerting } = live({
      channels: [
        {
          ...channel,
          async send() {
            tries.push(clock.now());
            throw new Error("down");
          },
        },
      ],
      retry: { firstMs: 1_000, longestMs: 600_000, giveUpAfterMs: 3_600_000 },
    });
    await step(90, ...slow);
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] as number));
    expect(gaps[0]).toBeLessThanOrEqual(1_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(600_000);
    expect(gaps.length).toBeLessThan(30);
    expect(alerting.deadLetters().some(({ news }) => news.alert?.name === "run-latency")).toBe(true);
  });

  it("that hangs is given up in time, and others do not wait for it", async () => {
    const channel = collectingChannel();
    const asked = Promise.withResolvers<void>();
    const hanging = {
      name: "hanging",
      send() {
        asked.resolve();
        return new Promise<void>(() => {});
      },
    };
    const { alerting, clock, minutes } = live({ channels: [hanging, channel] });
    await minutes(1, ...slow);
    await alerting.round();
    await asked.promise;
    // Past the deadline of 30 seconds, and before the next try.
    await clock.advance(30_100);
    await alerting.delivered();
    expect(channel.told).toEqual(["firing run-latency"]);
    expect(alerting.stats().outbox).toMatchObject({ waiting: 1, sent: 1 });
    expect(Object.keys(alerting.stats().failures)).toContain("alert channel hanging");
  });

  it("can be tested, past silences and the outbox, and says what is wrong with it", async () => {
    const { alerting, channel } = live();
    await alerting.test("collect");
    expect(channel.told).toEqual(["test"]);
    channel.faults.push(new DeliveryError("no such hook", { permanent: true }));
    await expect(alerting.test("collect")).rejects.toThrow("no such hook");
    await expect(alerting.test("colect")).rejects.toThrow(/one of collect/);
  });

  it("waits between half and all of a delay that doubles up to a limit", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (tries, random) => {
          const delay = backoffMs(tries, { firstMs: 100, longestMs: 5_000 }, () => random);
          const whole = Math.min(5_000, 100 * 2 ** (tries - 1));
          expect(delay).toBeGreaterThanOrEqual(whole / 2);
          expect(delay).toBeLessThanOrEqual(whole);
        },
      ),
    );
  });
});

describe("thousands of notices to a webhook", () => {
  it("arrive, none lost and none doubled, though the receiver refuses some", { timeout: 60_000 }, async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const count = 3_000;
    receiver.answers.push(
      { status: 503 },
      { status: 200 },
      "reset",
      { status: 200 },
      { status: 429, headers: { "retry-after": "1" } },
    );
    const { alerting, clock, minutes, record } = live({
      channels: [webhookChannel({ url: receiver.url })],
      rules: times(100, run(1)).map((_, index) => ({
        ...slowRuns,
        name: `rule-${index}`,
        measure: { metric: "duration", kind: "run" },
        by: ["workflow"],
      })),
    });
    for (let workflow = 0; workflow < count / 100; workflow++) record(run(41, "ok", `w${workflow}`));
    await minutes(1);
    await alerting.round();
    for (let tries = 0; tries < 200 && alerting.stats().outbox.sent < count; tries++) {
      await alerting.delivered();
      await clock.advance(5_000);
    }
    expect(alerting.stats().outbox).toMatchObject({ sent: count, waiting: 0, dead: 0 });
    const seen = new Map<string, number>();
    for (const [index, { body }] of receiver.requests.entries()) {
      // What the receiver refused was not delivered.
      if (index === 0 || index === 2 || index === 4) continue;
      for (const { fingerprint } of (JSON.parse(body) as { alerts: Alert[] }).alerts) {
        seen.set(fingerprint, (seen.get(fingerprint) ?? 0) + 1);
      }
    }
    expect(seen.size).toBe(count);
    expect(Math.max(...seen.values())).toBe(1);
  });
});

describe("what alerting says about itself", () => {
  it("is on /metrics: alerts by severity, notices by state", async () => {
    const { alerting, step } = live({ rules: rulesWith({ severity: "critical" }) });
    const meter = createSeriesMeter();
    observeAlerting(meter, alerting);
    await step(2, ...slow);
    const families = serializeMetrics((await meter.collect()).metrics);
    const values = Object.fromEntries(
      families.flatMap(({ samples }) => samples.map(({ series, value }) => [series, value])),
    );
    expect(values).toMatchObject({
      'flyball_alerts{severity="critical"}': 1,
      'flyball_alerts{severity="warning"}': 0,
      'flyball_notices{state="sent"}': 1,
    });
  });
});
