import { openStore } from "@flyball/storage";
import {
  createOutcomeMetrics,
  createSeriesMeter,
  createTelemetry,
  type Outcome,
  telemetryMigrations,
} from "@flyball/telemetry";
import { expect, test } from "vitest";
import { createEmbeddedFlags, createFlags, flagMigrations, newFlag, withRollout } from "../src/index.ts";
import { by } from "./fixtures/store.ts";

test("an exposure is on the run's span, on its outcomes, and in the metrics", async () => {
  const store = openStore({ path: ":memory:", migrations: [...flagMigrations, ...telemetryMigrations] });
  const meter = createSeriesMeter();
  const telemetry = createTelemetry({ store, recorders: [createOutcomeMetrics({ meter })] });
  const provider = createEmbeddedFlags({ store });
  await provider.change("cache", () => withRollout(newFlag("cache"), { percent: 50 }), by);
  const flags = createFlags({ provider, defaults: { cache: false } });

  const resolution = flags.resolve({ runId: "run-1", unit: "u" });
  const { decisions } = resolution;
  const outcomes: Outcome[] = [];
  telemetry.subscribe((outcome) => void outcomes.push(outcome));
  const events: [string, unknown][] = [];
  const run = { runId: "run-1", workflow: "answers", unit: "u", decisions };
  await telemetry.trace({ kind: "run", name: "answers", run }, async (operation) => {
    flags.expose(
      { ...operation, event: (name, attributes) => void events.push([name, attributes]) } as typeof operation,
      resolution,
    );
    flags.expose(operation, resolution);
    await telemetry.trace({ kind: "node", name: "ask" }, async () => undefined);
  });
  expect(events).toEqual([
    [
      "feature_flag.evaluation",
      {
        "feature_flag.key": "cache",
        "feature_flag.result.variant": decisions.cache,
        "feature_flag.result.reason": "split",
        "feature_flag.provider.name": "embedded",
      },
    ],
  ]);
  expect(outcomes.map(({ kind, run: scope }) => [kind, scope?.decisions])).toEqual([
    ["node", decisions],
    ["run", decisions],
  ]);
  const { metrics } = await meter.collect();
  const exposures = metrics.find(({ descriptor }) => descriptor.name === "flyball.flag.exposures");
  expect(exposures?.dataPoints).toMatchObject([{ value: 1, attributes: { flag: "cache", arm: decisions.cache } }]);
  await provider.close();
  await store.close();
});
