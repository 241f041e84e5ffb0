import { fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { collectingChannel } from "./support/collecting-channel.ts";
import { live, openTestStore, rulesWith, slowRuns } from "./support/live.ts";
import { recordedMinutes, run, times } from "./support/readings.ts";

const fast = times(10, run(2));
const slow = times(10, run(41));

describe("an episode", () => {
  it("begins after its pending time and ends when the window is well again, and both are told once", async () => {
    const { alerting, channel, step } = live({ rules: rulesWith({ for: 2 }) });
    await step(6, ...fast);
    expect(channel.told).toEqual([]);
    await step(1, ...slow);
    expect(alerting.alerts().states.map(({ state }) => state.status)).toEqual(["pending"]);
    expect(alerting.stats()).toMatchObject({ pending: 1, firing: 0 });
    await step(2, ...slow);
    expect(channel.told).toEqual(["firing run-latency"]);
    expect(channel.notices[0]?.alerts[0]?.text).toMatch(/^p95 of duration of run fir 41(\.\d)? s over 5 min/);
    await step(5, ...fast);
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
  });

  it("is told to be over once, however long it stays over (complaint: resolved again and again)", async () => {
    const { channel, step } = live();
    await step(2, ...slow);
    await step(30, ...fast);
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
  });

  it("opens with the first delivered notice: what ends while a channel is down is not told at all", async () => {
    const { channel, step, alerting } = live();
    channel.faults.push(...copies(50, new Error("down")));
    await step(2, ...slow);
    await step(10, ...fast);
    expect(channel.told).toEqual([]);
    expect(alerting.stats().outbox).toMatchObject({ cancelled: 1, waiting: 0 });
    expect(alerting.episodes()).toEqual([]);
  });

  it("that was taken back is told when it comes back", async () => {
    const { channel, step, clock } = live();
    channel.faults.push(...copies(50, new Error("down")));
    await step(2, ...slow);
    await step(10, ...fast);
    channel.faults.length = 0;
    await clock.advance(600_000);
    await step(2, ...slow);
    expect(channel.told).toEqual(["firing run-latency"]);
  });

  it("ends for each channel that heard of it, and for no other", async () => {
    const works = collectingChannel("works");
    const broken = collectingChannel("broken");
    broken.faults.push(...copies(50, new Error("down")));
    const { step } = live({ channels: [works, broken] });
    await step(2, ...slow);
    await step(10, ...fast);
    expect(works.told).toEqual(["firing run-latency", "resolved run-latency"]);
    expect(broken.told).toEqual([]);
  });

  it("does not begin anew within its cooldown (complaint: flapping)", async () => {
    const { channel, step } = live({ cooldown: 30, rules: rulesWith({ window: 1 }) });
    for (let round = 0; round < 5; round++) {
      await step(1, ...slow);
      await step(1, ...fast);
    }
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
    await step(25, ...fast);
    await step(1, ...slow);
    expect(channel.told).toHaveLength(3);
  });

  it("that lasts beyond a cooldown in which it began is told after it", async () => {
    const { channel, step } = live({ cooldown: 10, rules: rulesWith({ window: 1 }) });
    await step(1, ...slow);
    await step(1, ...fast);
    await step(12, ...slow);
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency", "firing run-latency"]);
  });

  it("takes its rule's own cooldown where it has one", async () => {
    const { channel, step } = live({ cooldown: 30, rules: rulesWith({ window: 1, cooldown: 0 }) });
    for (let round = 0; round < 2; round++) {
      await step(1, ...slow);
      await step(1, ...fast);
    }
    expect(channel.told.filter((told) => told.startsWith("firing"))).toHaveLength(2);
  });

  it("is repeated while it goes on, until somebody is on it (complaint: no acknowledgement)", async () => {
    const { alerting, channel, step } = live({ repeat: 10 });
    await step(22, ...slow);
    expect(channel.told).toEqual(["firing run-latency", "repeat run-latency", "repeat run-latency"]);
    const [alert] = alerting.alerts().firing;
    expect(await alerting.acknowledge(alert?.fingerprint ?? "", { by: "ada", comment: "looking" })).toBe(true);
    await step(30, ...slow);
    expect(channel.told).toHaveLength(3);
    expect(alerting.episodes()[0]?.acknowledged).toMatchObject({ by: "ada", comment: "looking" });
    await step(6, ...fast);
    expect(channel.told.at(-1)).toBe("resolved run-latency");
    expect(await alerting.acknowledge(alert?.fingerprint ?? "", { by: "ada" })).toBe(false);
  });

  it("is told again when it becomes worse, acknowledged or not, and never when it becomes better", async () => {
    const rules = rulesWith({}, { name: "run-latency-worse", alert: "run-latency", above: 60, severity: "critical" });
    const { alerting, channel, step } = live({ rules });
    await step(2, ...slow);
    const [alert] = alerting.alerts().firing;
    await alerting.acknowledge(alert?.fingerprint ?? "", { by: "ada" });
    await step(6, ...times(10, run(70)));
    expect(channel.told).toEqual(["firing run-latency", "escalated run-latency"]);
    expect(channel.notices.map(({ severity }) => severity)).toEqual(["warning", "critical"]);
    await step(6, ...slow);
    await step(6, ...times(10, run(70)));
    expect(channel.told).toHaveLength(2);
  });

  it("is kept to oneself under a silence, and told when that ends while it goes on", async () => {
    const { alerting, channel, step, clock } = live();
    const silence = await alerting.silence({
      match: { alert: "run-latency" },
      endsAt: clock.now() + 600_000,
      by: "ada",
    });
    await step(8, ...slow);
    expect(channel.told).toEqual([]);
    expect(alerting.silences()).toEqual([silence]);
    await step(3, ...slow);
    expect(channel.told).toEqual(["firing run-latency"]);
    expect(alerting.silences()).toEqual([]);
  });

  it("ends in public even under a silence, for those who heard of its beginning", async () => {
    const { alerting, channel, step, clock } = live();
    await step(2, ...slow);
    await alerting.silence({ match: { severity: "warning" }, endsAt: clock.now() + 3_600_000 });
    await step(8, ...fast);
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
  });

  it("is told once a silence is ended by hand", async () => {
    const { alerting, channel, step, clock } = live();
    const { id } = await alerting.silence({ match: {}, endsAt: clock.now() + 3_600_000 });
    await step(3, ...slow);
    expect(await alerting.endSilence(id)).toBe(true);
    expect(await alerting.endSilence("nothing")).toBe(false);
    await step(1, ...slow);
    expect(channel.told).toEqual(["firing run-latency"]);
  });

  it("is kept to oneself in a maintenance window", async () => {
    const { channel, step } = live({ maintenance: [{ start: "00:00", minutes: 30 }] });
    await step(20, ...slow);
    expect(channel.told).toEqual([]);
    await step(12, ...slow);
    expect(channel.told).toEqual(["firing run-latency"]);
  });

  it("survives a restart: neither told twice nor forgotten, and its pending time goes on", async () => {
    const clock = fakeClock();
    const store = openTestStore(":memory:", clock);
    const minutes = recordedMinutes(clock, { store });
    const before = live({ store, rules: rulesWith({ for: 5 }) }, minutes);
    await before.step(4, ...slow);
    await before.alerting.stop();
    const during = live({ store, rules: rulesWith({ for: 5 }) }, minutes);
    await during.step(3, ...slow);
    expect(during.channel.told).toEqual(["firing run-latency"]);
    await during.alerting.stop();
    const after = live({ store, rules: rulesWith({ for: 5 }) }, minutes);
    await after.step(2, ...slow);
    expect(after.channel.told).toEqual([]);
    await after.step(6, ...fast);
    expect(after.channel.told).toEqual(["resolved run-latency"]);
  });

  it("ends when its rule is taken out, and goes on when the rule is merely changed", async () => {
    const { alerting, channel, step } = live();
    await step(2, ...slow);
    alerting.setRules(rulesWith({ summary: "Runs are slow, in other words." }));
    await step(2, ...slow);
    expect(channel.told).toEqual(["firing run-latency"]);
    alerting.setRules([]);
    await step(1, ...slow);
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
    expect(channel.notices.at(-1)?.alerts[0]?.text).toBe("the rule was removed");
  });

  it("is one for each group", async () => {
    const { channel, step } = live({
      rules: [{ ...slowRuns, measure: { metric: "duration", kind: "run" }, by: ["workflow"] }],
    });
    await step(3, run(41, "ok", "fir"), run(41, "ok", "notes"), run(2, "ok", "chat"));
    expect(channel.notices).toHaveLength(1);
    expect(channel.notices[0]?.alerts.map(({ labels }) => labels.workflow).sort()).toEqual(["fir", "notes"]);
    await step(6, run(41, "ok", "fir"), run(2, "ok", "notes"), run(2, "ok", "chat"));
    expect(channel.told.slice(2)).toEqual(["resolved run-latency"]);
    expect(channel.notices[1]?.alerts[0]?.labels).toEqual({ workflow: "notes" });
  });
});

function copies(count: number, error: Error): Error[] {
  return Array.from({ length: count }, () => error);
}
