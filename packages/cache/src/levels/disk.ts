import { ConfigurationError } from "@flyball/core";
import { NewerSchemaError } from "@flyball/storage";
import type { Level } from "../types.ts";
import { positive } from "./arguments.ts";
import { byteLevel } from "./byte-level.ts";
import type { ByteStore } from "./byte-store.ts";
import { gigabyte, hour, type LevelFactory, megabyte } from "./level-context.ts";
import { openSqliteStore, type SqliteStore } from "./sqlite-store.ts";

export interface DiskLevelOptions {
  /** The SQLite file, made with its folder when absent. Several processes and caches may share it. */
  readonly path: string;
  /** Default `disk`. */
  readonly name?: string;
  /** Longest time an entry is kept as fresh, milliseconds. Default 24 hours. */
  readonly ttlMs?: number;
  /** Most bytes of the file; the least recently used entries give way. Default 10 GB. */
  readonly maxBytes?: number;
  /** Largest single entry, encoded, bytes. Default 8 MB. */
  readonly maxEntryBytes?: number;
}

/**
 * Entries in a file, for all processes of the machine. Written on a thread of its own; what was written in the last
 * 20 ms before a `kill -9` is lost, and nothing else. A damaged file is set aside and begun anew. One that cannot be
 * written, or was written by a newer version, leaves the cache without this level, and says so in the log.
 */
export function diskLevel(options: DiskLevelOptions): LevelFactory {
  const { name = "disk", path } = options;
  if (typeof path !== "string" || path === "") throw new ConfigurationError("disk.path", path, "the path of a file");
  const maxBytes = positive("disk.maxBytes", options.maxBytes ?? 10 * gigabyte);
  const limits = { ttlMs: options.ttlMs ?? 24 * hour, maxEntryBytes: options.maxEntryBytes ?? 8 * megabyte };
  return ({ clock, logger, failures }): Level => {
    const store = openOrNothing(
      () => openSqliteStore({ path, maxBytes, clock, logger }),
      (error) => failures.report(`cache level ${name}`, error),
    );
    return byteLevel(store ? diskStore(store) : nowhere, { name, scope: "machine", ...limits });
  };
}

function openOrNothing(open: () => SqliteStore, report: (error: unknown) => void): SqliteStore | undefined {
  try {
    return open();
  } catch (error) {
    // Its owner may go back to the newer version and must find it as it was.
    if (!(error instanceof NewerSchemaError)) throw error;
    report(error);
    return undefined;
  }
}

function diskStore(store: SqliteStore): ByteStore {
  let unwritable = 0;
  return {
    // A file that cannot be opened is replaced by a database in memory, which nothing would bound.
    available: store.readable,
    get: (key) => store.get(key) as Uint8Array | undefined,
    set(key, bytes, ttlMs) {
      if (store.degraded === undefined) store.set(key, bytes, ttlMs);
      else unwritable++;
    },
    delete: (key) => (store.degraded === undefined ? store.delete(key) : undefined),
    clear: (prefix) => (store.degraded === undefined ? store.clear(prefix) : undefined),
    usage() {
      const usage = store.usage();
      return { ...usage, refused: usage.refused + unwritable };
    },
    close: (timeoutMs) => store.close(timeoutMs),
  };
}

/** In place of a file that is not ours to touch. */
const nowhere: ByteStore = {
  available: false,
  get: () => undefined,
  set() {},
  delete() {},
  clear() {},
  usage: () => ({}),
  async close() {},
};
