import { existsSync } from "node:fs";
import { silentLogger, systemClock } from "@flyball/core";
import { createTraceReader, createWindowReader, type TraceReader, type WindowReader } from "@flyball/telemetry";
import { type CacheSnapshot, readSnapshots } from "./cache/snapshots.ts";
import { type ConfigurationSources, loadConfiguration } from "./config/load.ts";
import { openEmbeddedStore, storePath } from "./parts/store.ts";

/** What was recorded in a store, by whoever wrote it. */
export interface Records {
  readonly path: string;
  readonly windows: WindowReader;
  readonly traces: TraceReader;
  /** What the processes of the last minutes wrote down of their caches, the newest first. */
  caches(lastMinutes: number): readonly CacheSnapshot[];
  close(): Promise<void>;
}

/**
 * Opens the store of a configuration to read what was recorded, beside the services that write it. Undefined when
 * there is none yet.
 * @throws ConfigurationError
 */
export async function openRecords(from: ConfigurationSources = {}): Promise<Records | undefined> {
  const { configuration } = await loadConfiguration(from);
  const path = storePath(configuration);
  if (!existsSync(path)) return undefined;
  const { store } = openEmbeddedStore(configuration, systemClock, silentLogger);
  return {
    path,
    windows: createWindowReader(store.database, systemClock),
    traces: createTraceReader(store.database),
    caches: (lastMinutes) => readSnapshots(store.database, systemClock.now() - lastMinutes * 60_000),
    close: () => store.close(),
  };
}
