import { fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { backtest, rulesOf, type ThresholdRule } from "../src/index.ts";
import { live, openTestStore, rulesWith, slowRuns } from "./support/live.ts";
import { recordedMinutes, run, times } from "./support/readings.ts";

// What users of other systems complain of. Lost and doubled notices, flapping, repeats of "resolved" and
// acknowledgement have their tests in episodes, replicas and channels.

const slow = times(10, run(41));
const fast = times(10, run(2));

describe("complaint: pages for no data", () => {
  it("a service that does nothing alerts nobody, and what fired ends", async () => {
    const { channel, step } = live();
    await step(20);
    expect(channel.told).toEqual([]);
    await step(2, ...slow);
    await step(10);
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
  });

  it("unless a rule asks to keep what fires, or to be told", async () => {
    const rules = rulesWith({ name: "keeps", noData: "keep" }, { name: "tells", noData: "alert" });
    const { alerting, channel, step } = live({ rules });
    await step(2, ...slow);
    await step(10);
    expect(channel.told).toEqual(["firing keeps", "firing tells"]);
    await step(6, ...fast);
    expect(alerting.alerts().firing).toEqual([]);
  });

  it("an absence is a rule of its own", async () => {
    const { channel, step } = live({
      rules: [
        { type: "absence", name: "nothing-runs", summary: "Nothing runs.", of: { kind: "run" }, window: 5, every: 1 },
      ],
    });
    await step(2, run(1));
    await step(8);
    await step(1, run(1));
    expect(channel.told).toEqual(["firing nothing-runs", "resolved nothing-runs"]);
  });
});

describe("complaint: burn alerts at low traffic", () => {
  const objective = { name: "fir", indicator: { kind: "run", name: "fir" }, target: 0.99 } as const;

  it("one failure of three runs in a night wakes nobody", async () => {
    const { channel, step } = live({ rules: rulesOf([objective]) });
    await step(30);
    await step(1, run(2, "error"));
    await step(10, run(2));
    await step(30);
    expect(channel.told).toEqual([]);
  });

  it("the same share of many runs does, at once", async () => {
    const { channel, step } = live({ rules: rulesOf([objective]) });
    await step(30, ...times(10, run(2)));
    await step(1, ...times(100, run(2, "error")));
    expect(channel.told).toEqual(["firing fir-budget"]);
    expect(channel.notices[0]?.severity).toBe("critical");
    expect(channel.notices[0]?.alerts[0]?.text).toMatch(/^the error budget is spent [\d.]+ times too fast over 1 h/);
  });
});

describe("complaint: low traffic", () => {
  it("two slow runs of two are no p95", async () => {
    const { channel, step } = live({ rules: rulesWith({ minCount: 10 }) });
    await step(1, ...times(2, run(90)));
    await step(10);
    expect(channel.told).toEqual([]);
  });

  it("does not end what it cannot judge, where a rule says so", async () => {
    const { channel, step } = live({ rules: rulesWith({ minCount: 10, lowTraffic: "keep", noData: "keep" }) });
    await step(2, ...slow);
    await step(10, run(2));
    expect(channel.told).toEqual(["firing run-latency"]);
  });
});

describe("complaint: no link to the request that caused it", () => {
  it.each<[string, Partial<ThresholdRule>, Parameters<typeof run>, string]>([
    ["slowest", {}, [77], "slowest"],
    ["failed", { measure: { metric: "error_rate", kind: "run", name: "fir" }, above: 0.02 }, [3, "error"], "failed"],
  ])("the %s run of the window is there, by its trace", async (_name, change, culprit, why) => {
    const clock = fakeClock();
    const store = openTestStore(":memory:", clock);
    const minutes = recordedMinutes(clock, { store });
    const { traces } = minutes.telemetry;
    const { channel, step } = live(
      {
        rules: rulesWith(change),
        ...(traces ? { traces } : {}),
        traceUrl: "https://grafana.example/trace/{traceId}",
      },
      minutes,
    );
    await step(2, ...fast);
    minutes.record(...times(5, run(41)), run(...culprit));
    await minutes.telemetry.flush(1_000);
    const [expected] = traces?.list({ order: why === "failed" ? "failed" : "slowest", limit: 1 }) ?? [];
    await step(1, ...times(5, run(41)));
    expect(channel.notices[0]?.alerts[0]?.trace).toEqual({
      traceId: expected?.traceId,
      why,
      durationMs: culprit[0] * 1_000,
      url: `https://grafana.example/trace/${expected?.traceId}`,
    });
  });
});

describe("complaint: no dry run", () => {
  it("a replay of what was recorded says what would have been sent: the same as was", async () => {
    const rules = [
      ...rulesWith(
        { for: 2, clear: 20 },
        { name: "run-errors", measure: { metric: "error_rate", kind: "run" }, above: 0.1 },
      ),
    ];
    const { channel, step, clock, telemetry } = live({ rules, cooldown: 15, repeat: 20 });
    const from = clock.now();
    await step(10, ...fast);
    await step(40, ...slow);
    await step(12, ...times(5, run(25)));
    await step(10, ...fast);
    await step(3, ...times(4, run(2, "error")), ...fast);
    await step(20, ...fast);
    const replay = await backtest({ rules, readings: telemetry.windows, from, clock, cooldown: 15, repeat: 20 });
    expect(replay.sent.map(({ kind, alert }) => `${kind} ${alert}`)).toEqual(channel.told);
    expect(channel.told).toEqual([
      "firing run-latency",
      "repeat run-latency",
      "repeat run-latency",
      "resolved run-latency",
      "firing run-errors",
      "resolved run-errors",
    ]);
    expect(replay.coarseUntil).toBeUndefined();
    const live0 = channel.notices.map(({ alerts: [alert] }) => alert?.endedAt ?? alert?.firedAt);
    expect(replay.sent.filter(({ kind }) => kind !== "repeat").map(({ at }) => at)).toEqual(
      live0.filter((_, index) => channel.notices[index]?.kind !== "repeat"),
    );
    expect(replay.rules.map(({ rule, alerts }) => [rule, alerts])).toEqual([
      ["run-latency", 1],
      ["run-errors", 1],
    ]);
  });

  it("goes back to where only hours are kept, and says so", async () => {
    const clock = fakeClock();
    const store = openTestStore(":memory:", clock);
    const minutes = recordedMinutes(clock, { store });
    const from = clock.now();
    for (let hour = 0; hour < 6; hour++) {
      minutes.record(...times(20, run(hour === 2 ? 50 : 2)));
      await clock.advance(3_600_000);
    }
    await minutes.telemetry.flush(1_000);
    await clock.advance(600_000);
    await minutes.telemetry.flush(1_000);
    store.database.run("DELETE FROM telemetry_minutes WHERE at < ?", from + 4 * 3_600_000);
    await clock.advance(90 * 60_000);
    const replay = await backtest({
      rules: [{ ...slowRuns, measure: { metric: "duration", kind: "run" } }],
      readings: minutes.telemetry.windows,
      from,
      clock,
    });
    expect(replay.coarseUntil).toBe(from + 4 * 3_600_000);
    expect(replay.sent.map(({ kind }) => kind)).toEqual(["firing", "resolved"]);
  });
});
