import { isAbsolute, join, resolve } from "node:path";
import { type Clock, type Logger, toError } from "@flyball/core";
import { checkpointMigrations } from "@flyball/engine";
import { openStore, type Store } from "@flyball/storage";
import { telemetryMigrations, telemetryRetention } from "@flyball/telemetry";
import { snapshotMigrations, snapshotRetention } from "../cache/snapshots.ts";
import type { Configuration } from "../config/configuration.ts";
import type { PartHealth } from "../health.ts";

/** The embedded store, and whether it is the durable file that was asked for. */
export interface OpenedStore {
  readonly store: Store;
  readonly health: () => PartHealth;
}

/** Where the embedded database is: `store.path`, or `flyball.db` in `home`. */
export function storePath(configuration: Configuration, folder: string = process.cwd()): string {
  const path = configuration.store.path ?? join(configuration.home, "flyball.db");
  return path === ":memory:" || isAbsolute(path) ? path : resolve(folder, path);
}

/** Opens the store; one that cannot be had is replaced by memory, with a warning: the pipeline runs all the same. */
export function openEmbeddedStore(configuration: Configuration, clock: Clock, logger: Logger): OpenedStore {
  const path = storePath(configuration);
  const keptMs = configuration.store.retentionDays * 86_400_000;
  const retention = [...telemetryRetention({ hoursMs: keptMs, tracesMs: keptMs }), ...snapshotRetention(keptMs)];
  const migrations = [...telemetryMigrations, ...checkpointMigrations, ...snapshotMigrations];
  const open = (at: string): Store => openStore({ path: at, migrations, retention, clock, logger });
  try {
    const store = open(path);
    return { store, health: () => healthOf(store, store.degraded) };
  } catch (thrown) {
    const { message } = toError(thrown);
    logger.warn({ path, err: thrown }, "flyball: the store cannot be opened; everything is kept in memory only");
    const store = open(":memory:");
    return { store, health: () => healthOf(store, `in memory only: ${message}`) };
  }
}

function healthOf(store: Store, reason: string | undefined): PartHealth {
  const { database, writer, setAside } = store;
  return {
    healthy: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    facts: {
      path: database.path,
      queued: writer.queued,
      dropped: writer.dropped,
      failed: writer.failed,
      ...(setAside === undefined ? {} : { setAside }),
    },
  };
}
