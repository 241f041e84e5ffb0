import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeClock } from "@flyball/core";
import { createOutcomeMetrics, createSeriesMeter, createTelemetry, serializeMetrics } from "@flyball/telemetry";
import { stringify } from "yaml";
import { findExecutable } from "../../../../test/services/executable.ts";
import { backfill } from "../../src/history/backfill.ts";
import { alertName, bucketThresholds, exportRules, type Rule, ruleMetrics } from "../../src/index.ts";
import { alertOf, defaultEvery, minuteMs, severityOf } from "../../src/rule.ts";
import { RuleSet } from "../../src/rule-set.ts";
import type { RecordedOperation } from "./readings.ts";

/** So many minutes in each of which (or in each step of minutes) the same happens. */
export interface Phase {
  readonly minutes: number;
  readonly each: readonly RecordedOperation[];
}

/** What the process said of a rule and what Prometheus would have scraped meanwhile. */
export interface TwoWorlds {
  readonly rule: Rule;
  /** Minutes between two scrapes. */
  readonly step: number;
  /** Whether the alert fired after so many minutes, for every minute at which the rule was due. */
  readonly fired: readonly { readonly minute: number; readonly firing: boolean }[];
  /** Values by scrape, the first at minute 0; undefined where the series was not there. */
  readonly series: ReadonlyMap<string, readonly (number | undefined)[]>;
}

/**
 * Records the same outcomes once, into telemetry as it is: its windows are what the embedded evaluator reads, its
 * metrics are what Prometheus scrapes. Long stories are told in steps of several minutes.
 */
export async function bothWorlds(rule: Rule, phases: readonly Phase[], step = 1): Promise<TwoWorlds> {
  const clock = fakeClock();
  const meter = createSeriesMeter();
  const metrics = createOutcomeMetrics({ meter, thresholds: bucketThresholds([rule]) });
  const telemetry = createTelemetry({
    clock,
    recorders: [metrics, ruleMetrics(meter)],
    windows: { memoryMinutes: 10_000 },
  });
  const set = new RuleSet([rule]);
  const series = new Map<string, (number | undefined)[]>();
  const fired: { minute: number; firing: boolean }[] = [];
  await backfill(set.history, { readings: telemetry.windows, endMs: clock.now(), pause: async () => {} });

  let minute = 0;
  for (const { minutes, each } of phases) {
    for (let count = 0; count < minutes; count += step) {
      for (const operation of each) telemetry.record(operation);
      await clock.advance(step * minuteMs);
      minute += step;
      for (const { samples } of serializeMetrics((await meter.collect()).metrics)) {
        for (const { series: name, value } of samples) {
          const values = series.get(name) ?? [];
          series.set(name, values);
          values[minute / step] = value;
        }
      }
      const at = clock.now();
      const from = at - step * minuteMs;
      set.history.ingest(from, telemetry.windows.series({ from, to: at - 1 }));
      if (set.evaluate(at, from).length > 0) fired.push({ minute, firing: set.alerts(at).firing.length > 0 });
    }
  }
  return { rule, step, fired, series };
}

/** Minutes of the evaluations at which the alert began and ended. */
export function changes({ fired }: TwoWorlds): { readonly began: number[]; readonly ended: number[] } {
  const began: number[] = [];
  const ended: number[] = [];
  for (const [index, { minute, firing }] of fired.entries()) {
    const before = fired[index - 1]?.firing ?? false;
    if (firing && !before) began.push(minute);
    if (!firing && before) ended.push(minute);
  }
  return { began, ended };
}

/** A promtool test that says of Prometheus what the process did, at each of these evaluations. */
export function promtoolTest(world: TwoWorlds, evaluations = world.fired) {
  const text = JSON.stringify(exportRules([world.rule]).groups);
  const alert = `ALERTS{alertname="${alertName(alertOf(world.rule))}",alertstate="firing",severity="${severityOf(world.rule)}"}`;
  return {
    name: world.rule.name,
    interval: `${world.step}m`,
    input_series: [...world.series]
      // Series that no expression names would only take promtool's time.
      .filter(([name]) => text.includes(name.replace(/\{.*/, "")))
      .map(([name, values]) => ({ series: name, values: notation(values) })),
    promql_expr_test: evaluations.map(({ minute, firing }) => ({
      expr: `count(${alert}) or vector(0)`,
      eval_time: `${minute}m`,
      exp_samples: [{ labels: "{}", value: firing ? 1 : 0 }],
    })),
  };
}

/** Only evaluations around a change, and the first and last. */
export function turningPoints({ fired }: TwoWorlds): TwoWorlds["fired"] {
  return fired.filter(({ firing }, index) => {
    const before = fired[index - 1]?.firing;
    const after = fired[index + 1]?.firing;
    return before !== firing || after !== firing;
  });
}

/** promtool's notation: `a+bxn` is a, and n further values each b larger. */
export function notation(values: readonly (number | undefined)[]): string {
  const parts: string[] = [];
  for (let index = 0; index < values.length; ) {
    const first = values[index];
    if (first === undefined) {
      const start = index;
      while (index < values.length && values[index] === undefined) index++;
      parts.push(index - start === 1 ? "_" : `_x${index - start}`);
      continue;
    }
    const step = (values[index + 1] ?? Number.NaN) - first;
    let steps = 0;
    // promtool adds up step by step, as here: what it comes to must be the very number.
    let sum = first;
    while (values[index + steps + 1] === sum + step) {
      sum += step;
      steps++;
    }
    parts.push(steps < 2 ? String(first) : `${first}+${step}x${steps}`);
    index += steps < 2 ? 1 : steps + 1;
  }
  return parts.join(" ");
}

/** Runs promtool over the worlds of rules of one interval; returns what it complained of. */
export function promtoolComplaints(worlds: readonly TwoWorlds[]): string {
  const folder = mkdtempSync(join(tmpdir(), "flyball-promtool-"));
  try {
    const [first] = worlds;
    const every = first?.rule.every ?? defaultEvery;
    writeFileSync(join(folder, "rules.yaml"), exportRules(worlds.map(({ rule }) => rule)).yaml);
    const tests = worlds.map((world) => promtoolTest(world));
    writeFileSync(
      join(folder, "tests.yaml"),
      stringify({ rule_files: ["rules.yaml"], evaluation_interval: `${every}m`, tests }),
    );
    const { status, stdout, stderr } = spawnSync(findExecutable("promtool") ?? "", ["test", "rules", "tests.yaml"], {
      cwd: folder,
      encoding: "utf8",
    });
    return status === 0 ? "" : `${stdout}${stderr}` || `promtool ended with ${status}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
