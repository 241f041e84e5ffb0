import { describe, expect, it, onTestFinished } from "vitest";
import { type AlertingOptions, createAlerting, type Rule } from "../src/index.ts";
import { collectingChannel } from "./support/collecting-channel.ts";
import { recordedMinutes, run, times } from "./support/readings.ts";

const slow: Rule = {
  type: "threshold",
  name: "run-latency",
  summary: "Runs are slow.",
  measure: { metric: "duration", statistic: "p95", kind: "run", name: "fir" },
  above: 30,
  window: 5,
  every: 1,
  for: 2,
};

function setup(options: Partial<AlertingOptions> = {}) {
  const minutes = recordedMinutes();
  const channel = collectingChannel();
  const alerting = createAlerting({
    rules: [slow],
    readings: minutes.telemetry.windows,
    channels: [channel],
    clock: minutes.clock,
    ...options,
  });
  onTestFinished(() => alerting.stop());
  async function step(count: number, ...operations: ReturnType<typeof run>[]): Promise<void> {
    for (let minute = 0; minute < count; minute++) {
      await minutes.minutes(1, ...operations);
      await alerting.round();
      await alerting.delivered();
    }
  }
  return { ...minutes, channel, alerting, step };
}

describe("alerting", () => {
  it("goes from pending to firing to resolved, and tells of each episode's beginning and end once", async () => {
    const { alerting, channel, step } = setup();
    await step(6, ...times(10, run(2)));
    expect(channel.told).toEqual([]);
    await step(1, ...times(10, run(41)));
    expect(alerting.alerts().states.map(({ state }) => state.status)).toEqual(["pending"]);
    await step(2, ...times(10, run(41)));
    expect(channel.told).toEqual(["firing run-latency"]);
    expect(channel.notices[0]?.alerts[0]?.text).toMatch(/^p95 of duration of run fir 41(\.\d)? s over 5 min/);
    await step(5, ...times(10, run(2)));
    expect(channel.told).toEqual(["firing run-latency", "resolved run-latency"]);
    await step(5, ...times(10, run(2)));
    expect(channel.told).toHaveLength(2);
  });
});
