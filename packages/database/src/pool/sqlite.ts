import { ConfigurationError, systemClock } from "@flyball/core";
import type { Pool, PoolOptions } from "../types.ts";
import { createLane, type Lane } from "./lane.ts";
import { poolOver } from "./pool.ts";
import { atLeast, wholeNumber } from "./settings.ts";
import { sqliteDriver } from "./sqlite-driver.ts";

export interface SqlitePoolOptions extends PoolOptions {
  /** The file, made when absent; `:memory:` is one connection for everything. */
  readonly path: string;
  /** Threads that read side by side. Writes have one more: SQLite has one writer at a time. Default 2. */
  readonly readers?: number;
  /** Longest wait for another process's lock, milliseconds. Default 5,000. */
  readonly busyTimeoutMs?: number;
}

/**
 * A pool over one SQLite file in WAL mode: readers beside one writer, each connection on a thread of its own. Nothing
 * is opened before the first statement.
 * @throws ConfigurationError
 */
export function createSqlitePool(options: SqlitePoolOptions): Pool {
  const { path, name = "primary", clock = systemClock } = options;
  if (typeof path !== "string" || path === "")
    throw new ConfigurationError("database.path", path, "a file or :memory:");
  const busyTimeoutMs = wholeNumber("database.busyTimeoutMs", options.busyTimeoutMs ?? 5_000, 0);
  const acquireTimeoutMs = atLeast("database.acquireTimeoutMs", options.acquireTimeoutMs ?? 2_000, 1);
  const queueMost = wholeNumber("database.queueMost", options.queueMost ?? 1_000, 0);
  const readers = wholeNumber("database.readers", options.readers ?? 2, 1);

  function lane(most: number, readOnly: boolean): Lane {
    const driver = sqliteDriver({ path, readOnly, busyTimeoutMs });
    return createLane({ driver, name, most, queueMost, acquireTimeoutMs, clock });
  }
  const write = lane(1, false);
  return poolOver({ write, read: path === ":memory:" ? write : lane(readers, true) }, options);
}
