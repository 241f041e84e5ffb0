import { fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { parseObjectives, probeName, readRulesFile, reportObjectives, startProbes } from "../src/index.ts";
import { openTestStore } from "./support/live.ts";
import { recordedMinutes, run, times } from "./support/readings.ts";

const alerts = `${import.meta.dirname}/../../../alerts`;

describe("the report of objectives", () => {
  it("holds what was achieved against what was promised, and says how much of the budget is left", async () => {
    const { telemetry, clock, minutes } = recordedMinutes();
    await minutes(90, ...times(99, run(2)), run(40));
    const objectives = parseObjectives([
      { name: "kept", indicator: { kind: "run", name: "fir", fasterThan: 30 }, target: 0.95 },
      { name: "missed", indicator: { kind: "run", name: "fir", fasterThan: 30 }, target: 0.995 },
      { name: "exactly", indicator: { kind: "run", name: "fir", fasterThan: 30 }, target: 0.99 },
      { name: "mean", indicator: { kind: "run", name: "fir" }, meanBelow: 2.5 },
      { name: "idle", indicator: { kind: "run", name: "other" }, target: 0.99 },
    ]);
    const report = reportObjectives(objectives, telemetry.windows, clock.now());
    const figures = report.map(({ objective, count, kept, achieved, budgetLeft }) => ({
      name: objective.name,
      count,
      kept,
      achieved: achieved === undefined ? undefined : Number(achieved.toFixed(4)),
      budgetLeft: budgetLeft === undefined ? undefined : Number(budgetLeft.toFixed(4)),
    }));
    expect(figures).toEqual([
      { name: "kept", count: 9_000, kept: true, achieved: 0.99, budgetLeft: 0.8 },
      { name: "missed", count: 9_000, kept: false, achieved: 0.99, budgetLeft: -1 },
      { name: "exactly", count: 9_000, kept: true, achieved: 0.99, budgetLeft: 0 },
      { name: "mean", count: 9_000, kept: true, achieved: 2.38, budgetLeft: undefined },
      { name: "idle", count: 0, kept: undefined, achieved: undefined, budgetLeft: undefined },
    ]);
  });

  it("knows of an outage from probes: uptime falls by its share", async () => {
    const clock = fakeClock();
    const { telemetry } = recordedMinutes(clock, { store: openTestStore(":memory:", clock) });
    let up = true;
    const probes = startProbes({
      telemetry,
      clock,
      everyMs: 60_000,
      probes: { consulting: async () => up },
    });
    await clock.advance(90 * 60_000);
    up = false;
    await clock.advance(10 * 60_000);
    probes.stop();
    const { objectives } = readRulesFile(`${alerts}/objectives/consulting.yaml`);
    const uptime = objectives.filter(({ name }) => name === "consulting-uptime");
    const [report] = reportObjectives(uptime, telemetry.windows, clock.now());
    expect(report).toMatchObject({ count: 100, achieved: 0.9, kept: false });
  });

  it.each(["fir", "consulting"])("%s has its promises ready made", (name) => {
    const { objectives, rules } = readRulesFile(`${alerts}/objectives/${name}.yaml`);
    expect(objectives).toHaveLength(4);
    expect(rules.length).toBeGreaterThanOrEqual(6);
  });
});

describe("probes", () => {
  it("record success, refusal, failure and silence as outcomes", async () => {
    const clock = fakeClock();
    const { telemetry } = recordedMinutes(clock);
    const probes = startProbes({
      telemetry,
      clock,
      timeoutMs: 1_000,
      probes: {
        fine: async () => "PONG",
        sad: async () => false,
        broken: async () => {
          throw new Error("refused");
        },
        silent: () => new Promise(() => {}),
      },
    });
    const running = probes.run();
    await clock.advance(2_000);
    await running;
    probes.stop();
    const errors = (part: string) =>
      telemetry.windows.read({ kind: "tool", name: probeName(part), lastMinutes: 5 }).errors;
    expect(["fine", "sad", "broken", "silent"].map(errors)).toEqual([0, 1, 1, 1]);
    expect(clock.pending).toBeLessThan(3);
  });
});
