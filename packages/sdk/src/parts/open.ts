import { type Clock, failureLog, type Logger } from "@flyball/core";
import { type CheckpointStore, createEngine, type Engine } from "@flyball/engine";
import type { OtelOptions } from "@flyball/otel";
import type { Coordinator, Store } from "@flyball/storage";
import type { ServiceCache } from "../cache/service-cache.ts";
import type { Configuration } from "../config/configuration.ts";
import { type HealthChecks, healthChecks } from "../health.ts";
import { type Closers, createClosers } from "../shutdown.ts";
import { openCache } from "./cache.ts";
import { openCheckpoints } from "./checkpoints.ts";
import { openCoordinator } from "./coordinator.ts";
import { type Models, openModels } from "./models.ts";
import { openEmbeddedStore } from "./store.ts";
import { type OpenedTelemetry, openTelemetry } from "./telemetry.ts";

export interface PartsSetup {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: OtelOptions["registry"];
  readonly registerGlobals: boolean | undefined;
}

/** Everything that stands behind a Flyball, open. */
export interface Parts extends Omit<OpenedTelemetry, "close">, Pick<PartsSetup, "configuration" | "clock" | "logger"> {
  readonly store: Store;
  readonly coordinator: Coordinator;
  readonly checkpoints: CheckpointStore;
  readonly models: Models;
  readonly cache: ServiceCache;
  readonly engine: Engine;
  readonly checks: HealthChecks;
  readonly closers: Closers;
}

/** Opens the parts, lowest first; when one refuses its configuration, those before it are closed again. */
export async function openParts(setup: PartsSetup): Promise<Parts> {
  const { configuration, clock, logger } = setup;
  const closers = createClosers(clock, failureLog(logger));
  try {
    return await openAll(setup, closers);
  } catch (error) {
    await closers.run(configuration.shutdown.timeoutMs);
    throw error;
  }
}

async function openAll(setup: PartsSetup, closers: Closers): Promise<Parts> {
  const { configuration, clock, logger } = setup;
  const checks = healthChecks(configuration.service.name, clock);

  const { store, health: storeHealth } = openEmbeddedStore(configuration, clock, logger);
  closers.add("store", (timeoutMs) => store.close(timeoutMs));
  checks.add("store", storeHealth);

  const { coordinator, health: coordinatorHealth } = await openCoordinator(configuration, store, clock, logger);
  closers.add("coordinator", () => coordinator.close());
  checks.add("coordinator", coordinatorHealth);

  const { checkpoints, health: checkpointsHealth } = openCheckpoints(configuration, store, clock, logger);
  closers.add("checkpoints", () => checkpoints.close());
  checks.add("checkpoints", checkpointsHealth);

  const { close: closeTelemetry, ...recording } = await openTelemetry({ ...setup, store });
  closers.add("telemetry", closeTelemetry);
  const { telemetry } = recording;

  const { models, close: closeModels } = openModels({ configuration, telemetry, checks, clock, logger });
  closers.add("models", closeModels);

  const { meter } = recording;
  const { cache, close: closeCache } = openCache({
    ...{ configuration, telemetry, meter, coordinator, store, checks, clock, logger },
  });
  closers.add("cache", closeCache);

  // Who goes on with a run is agreed through the checkpoints themselves, which fall back when Redis is gone.
  const engine = createEngine({ telemetry, checkpoints, clock, logger });
  // Half, so that a run that does not end leaves time to write out what is known of it.
  closers.add("runs", (timeoutMs) => engine.close(timeoutMs / 2));

  return {
    configuration,
    clock,
    logger,
    store,
    coordinator,
    checkpoints,
    ...recording,
    models,
    cache,
    engine,
    checks,
    closers,
  };
}
