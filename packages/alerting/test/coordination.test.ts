import { fakeClock } from "@flyball/core";
import { type Coordinator, createLocalCoordinator, openStore } from "@flyball/storage";
import { describe, expect, it, onTestFinished } from "vitest";
import { live, rulesWith } from "./support/live.ts";
import { recordedMinutes, run, times } from "./support/readings.ts";

const slow = times(10, run(41));
const fast = times(10, run(2));

function sharedCoordinator(clock = fakeClock()): { clock: typeof clock; coordinator: Coordinator } {
  const store = openStore({ path: ":memory:", clock });
  const coordinator = createLocalCoordinator(store, { clock });
  onTestFinished(async () => {
    await coordinator.close();
    await store.close(100);
  });
  return { clock, coordinator };
}

/** Two machines: windows and stores of their own, one clock and one coordinator. */
function machines(options: Parameters<typeof live>[0] = {}) {
  const { clock, coordinator } = sharedCoordinator();
  const make = () => live({ coordinator, ...options }, recordedMinutes(clock));
  const [a, b] = [make(), make()];
  async function step(count: number, ofA: typeof slow, ofB: typeof slow): Promise<void> {
    for (let minute = 0; minute < count; minute++) {
      a.record(...ofA);
      b.record(...ofB);
      await clock.advance(60_000);
      await a.look();
      await b.look();
    }
  }
  return { a, b, clock, step };
}

describe("machines with stores of their own", () => {
  it("tell people once of what both see, and once of its end", async () => {
    const { a, b, step } = machines();
    await step(3, slow, slow);
    await step(8, fast, fast);
    expect([...a.channel.told, ...b.channel.told]).toEqual(["firing run-latency", "resolved run-latency"]);
  });

  it("take over the end when the machine that told of the beginning is gone", async () => {
    const { a, b, step } = machines();
    await step(3, slow, slow);
    await a.alerting.stop(0);
    for (let minute = 0; minute < 8; minute++) await b.step(1, ...fast);
    expect([...a.channel.told, ...b.channel.told]).toEqual(["firing run-latency", "resolved run-latency"]);
  });

  it("are not silenced by an episode that a machine took with it", async () => {
    const { a, b, step } = machines();
    await step(3, slow, fast);
    await a.alerting.stop(0);
    await b.step(40, ...fast);
    await b.step(2, ...slow);
    expect([a.channel.told, b.channel.told]).toEqual([["firing run-latency"], ["firing run-latency"]]);
  });

  it("share an acknowledgement, an escalation and a cooldown", async () => {
    const rules = rulesWith({}, { name: "worse", alert: "run-latency", above: 60, severity: "critical" });
    const { a, b, step } = machines({ rules, repeat: 5 });
    await step(2, slow, slow);
    const [alert] = b.alerting.alerts().firing;
    expect(await b.alerting.acknowledge(alert?.fingerprint ?? "", { by: "ada" })).toBe(true);
    await step(12, slow, slow);
    await step(2, times(10, run(90)), times(10, run(90)));
    await step(8, fast, fast);
    await step(2, slow, slow);
    expect([...a.channel.told, ...b.channel.told].sort()).toEqual([
      "escalated run-latency",
      "firing run-latency",
      "resolved run-latency",
    ]);
  });

  it("hear of each other's silences", async () => {
    const { a, b, clock, step } = machines();
    a.alerting.start();
    b.alerting.start();
    await clock.advance(100);
    const silence = await a.alerting.silence({ match: {}, endsAt: clock.now() + 600_000 });
    await clock.advance(100);
    expect(b.alerting.silences()).toEqual([silence]);
    await a.alerting.endSilence(silence.id);
    await clock.advance(100);
    expect(b.alerting.silences()).toEqual([]);
    void step;
  });
});

describe("a coordinator that is away", () => {
  it("costs nothing but agreement", async () => {
    const refuse = async (): Promise<never> => {
      throw new Error("redis is away");
    };
    const coordinator: Coordinator = {
      claim: refuse,
      increment: refuse,
      counter: refuse,
      publish: refuse,
      subscribe: refuse,
      close: async () => {},
    };
    const { alerting, channel, step, clock } = live({ coordinator });
    alerting.start();
    await alerting.silence({ match: { alert: "another" }, endsAt: clock.now() + 600_000 });
    await step(10, ...slow);
    await step(8, ...fast);
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
    expect(Object.keys(alerting.stats().failures)).toContain("alert coordination: claim");
  });

  it("and comes back with nothing of what was told: nobody is told again", async () => {
    const { clock, coordinator } = sharedCoordinator();
    let away = true;
    const flaky = new Proxy(coordinator, {
      get: (target, key: keyof Coordinator) =>
        away ? () => Promise.reject(new Error("redis is away")) : (target[key] as () => unknown).bind(target),
    });
    const { channel, step } = live({ coordinator: flaky }, recordedMinutes(clock));
    await step(3, ...slow);
    away = false;
    await step(3, ...slow);
    await step(8, ...fast);
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
  });
});

describe("start", () => {
  it("judges each minute a little after its end, and stops when it is told to", async () => {
    const minutes = recordedMinutes();
    const { alerting, channel, clock, record } = live({}, minutes);
    alerting.start();
    alerting.start();
    record(...slow);
    await clock.advance(64_000);
    expect(channel.told).toEqual([]);
    for (let tries = 0; tries < 20 && channel.told.length === 0; tries++) await clock.advance(200);
    expect(channel.told).toEqual(["firing run-latency"]);
    await alerting.stop();
    const before = clock.pending;
    await clock.advance(600_000);
    expect(clock.pending).toBeLessThanOrEqual(before);
    expect(channel.told).toHaveLength(1);
  });
});
