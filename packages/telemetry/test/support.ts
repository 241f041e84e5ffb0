import { type FakeClock, fakeClock } from "@flyball/core";
import { openStore, type Store } from "@flyball/storage";
import { onTestFinished } from "vitest";
import { telemetryMigrations, telemetryRetention } from "../src/schema.ts";
import { createTelemetry } from "../src/telemetry.ts";
import type { TelemetryOptions, TelemetryService } from "../src/telemetry-options.ts";

/** A store of its own for one test; in memory unless a path is given. */
export function testStore(path = ":memory:", clock: FakeClock = fakeClock()): Store {
  const store = openStore({
    path,
    clock,
    migrations: telemetryMigrations,
    retention: telemetryRetention(),
    cleanUpEveryMs: 0,
  });
  onTestFinished(() => store.close(100));
  return store;
}

export interface StoredTelemetry {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly telemetry: TelemetryService;
}

/** Telemetry over a store in memory, with no price list to load. */
export function storedTelemetry(options: TelemetryOptions = {}): StoredTelemetry {
  const clock = fakeClock();
  const store = testStore(":memory:", clock);
  return { clock, store, telemetry: createTelemetry({ clock, store, ...options }) };
}

/** Numbers between 0 and 1 that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
