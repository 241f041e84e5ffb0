import type { FakeClock } from "@flyball/core";
import { openStore, type Store } from "@flyball/storage";
import { telemetryMigrations } from "@flyball/telemetry";
import { onTestFinished } from "vitest";
import {
  type Alerting,
  type AlertingOptions,
  alertingMigrations,
  createAlerting,
  type Rule,
  type ThresholdRule,
} from "../../src/index.ts";
import { type CollectingChannel, collectingChannel } from "./collecting-channel.ts";
import { type RecordedMinutes, type RecordedOperation, recordedMinutes } from "./readings.ts";

/** p95 of runs above 30 s over 5 minutes, judged every minute. */
export const slowRuns: ThresholdRule = {
  type: "threshold",
  name: "run-latency",
  summary: "Runs are slow.",
  measure: { metric: "duration", statistic: "p95", kind: "run", name: "fir" },
  above: 30,
  window: 5,
  every: 1,
};

export interface Live extends RecordedMinutes {
  readonly alerting: Alerting;
  readonly channel: CollectingChannel;
  /** Lives through so many minutes in each of which the same happens, and delivers what comes of it. */
  step(count: number, ...operations: RecordedOperation[]): Promise<void>;
  /** Judges and delivers without a minute passing. */
  look(): Promise<void>;
}

/** Alerting over real windows on a fake clock, with a channel that keeps what it is told. */
export function live(options: Partial<AlertingOptions> = {}, minutes: RecordedMinutes = recordedMinutes()): Live {
  const channel = collectingChannel();
  const alerting = createAlerting({
    rules: [slowRuns],
    readings: minutes.telemetry.windows,
    channels: [channel],
    clock: minutes.clock,
    ...options,
  });
  onTestFinished(() => alerting.stop(0));
  const look = async (): Promise<void> => {
    await alerting.round();
    await alerting.delivered();
  };
  return {
    ...minutes,
    alerting,
    channel,
    look,
    async step(count, ...operations) {
      for (let minute = 0; minute < count; minute++) {
        await minutes.minutes(1, ...operations);
        await look();
      }
    },
  };
}

/** A store with the tables of telemetry and alerting. */
export function openTestStore(path: string, clock: FakeClock): Store {
  const store = openStore({
    path,
    clock,
    migrations: [...telemetryMigrations, ...alertingMigrations],
    cleanUpEveryMs: 0,
  });
  onTestFinished(() => store.close(100));
  return store;
}

export function rulesWith(...changes: Partial<ThresholdRule>[]): Rule[] {
  return changes.map((change): Rule => ({ ...slowRuns, ...change }));
}
