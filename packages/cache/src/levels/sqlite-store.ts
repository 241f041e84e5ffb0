import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { type Clock, type Logger, silentLogger, systemClock } from "@flyball/core";
import { openStore, type Store } from "@flyball/storage";
import { fingerprint } from "../fingerprint.ts";
import { hour, minute } from "./level-context.ts";
import { idRanges, sql, sqliteCacheMigrations } from "./sqlite-schema.ts";

export interface SqliteStoreOptions {
  /** The file, made with its folder when absent. */
  readonly path: string;
  /** Most bytes of the file that hold entries. The write-ahead log beside it takes up to 64 MB more. */
  readonly maxBytes: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Bytes by key in an SQLite file: read on the calling thread, written on another. */
export interface SqliteStore {
  get(key: string): string | Uint8Array | undefined;
  set(key: string, value: string | Uint8Array, ttlMs: number): void;
  delete(key: string): void;
  /** Deletes what begins so. */
  clear(prefix: string): void;
  /** Resolves when everything so far is in the file, or could not be written. */
  flush(timeoutMs: number): Promise<void>;
  /** Why nothing is written, or undefined. */
  readonly degraded: string | undefined;
  /** Whether what was written earlier can be read: the file is there, or there never was to be one. */
  readonly readable: boolean;
  usage(): SqliteUsage;
  close(timeoutMs: number): Promise<void>;
}

export interface SqliteUsage {
  readonly bytes: number;
  readonly evictions: number;
  /** Rows whose bytes are not those that were written. */
  readonly damaged: number;
  /** Writes that found no room in the queue, or that SQLite refused. */
  readonly refused: number;
}

interface Row {
  readonly key: string;
  readonly expires_at: number;
  readonly used_at: number;
  readonly checksum: number;
  readonly value: string | Uint8Array;
}

interface Unwritten {
  /** Undefined: deleted. */
  readonly value: string | Uint8Array | undefined;
  readonly expiresAt: number;
  /** The writer has it. */
  readonly queued: boolean;
}

/** An entry's last use is noted so often at most, because noting it is a write. */
const noteUseMs: number = hour / 6;
/** The size is looked at after so many writes, or after a hundredth of it was written. */
const setsPerCheck = 64;
const checksPerFill = 100;
const evictedAtOnce = 100;
/** Evicting goes on until there is room for a while. */
const roomAfterEviction = 0.95;
const clearSteps = 64;

/**
 * Opens the store. A damaged file is set aside for a fresh one; one that may only be read is read.
 * @throws NewerSchemaError when the file was written by a newer version.
 */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStore {
  const { path, maxBytes, clock = systemClock, logger = silentLogger } = options;
  prepareFile(path);
  const store: Store = openStore({
    path,
    migrations: sqliteCacheMigrations,
    retention: [{ table: "cache_entries", timeColumn: "expires_at", keepMs: 1 }],
    cleanUpEveryMs: minute,
    busyTimeoutMs: 5,
    clock,
    logger,
  });
  const { database, writer } = store;
  database.exec("PRAGMA cache_size = -16384");
  /** What the other thread has not confirmed yet; reads look here first. */
  const unwritten = new Map<string, Unwritten>();
  let evictions = 0;
  let damaged = 0;
  let makingRoom = false;
  let forgetting = false;
  let closed = false;
  let setsUnchecked = 0;
  let bytesUnchecked = 0;

  /** Remembers a change until it is in the file. */
  function note(key: string, change: Unwritten): void {
    unwritten.set(key, change);
    if (!forgetting) void forgetWritten();
  }

  async function forgetWritten(): Promise<void> {
    forgetting = true;
    while (unwritten.size > 0 && !closed) {
      const noted = [...unwritten];
      try {
        await writer.flush(minute);
      } catch {
        // Locked by others for long, or closing; what is noted stays readable until it is written.
        continue;
      }
      for (const [key, change] of noted) if (unwritten.get(key) === change) settle(key, change);
    }
    forgetting = false;
  }

  /** A deletion that found the queue full is tried again: the row it is about must not come back. */
  function settle(key: string, change: Unwritten): void {
    if (change.queued || !writer.write(sql.delete, [fingerprint(key), key])) {
      if (change.queued) unwritten.delete(key);
      return;
    }
    unwritten.set(key, { ...change, queued: true });
  }

  function usedBytes(): number {
    const row = database.get<{ pages: number; free: number; size: number }>(sql.pages);
    return row ? (row.pages - row.free) * row.size : 0;
  }

  /** Deletes the least recently used, a few at a time, between other writes. */
  async function makeRoom(): Promise<void> {
    if (makingRoom) return;
    makingRoom = true;
    try {
      // What is on its way counts: it is in the file before the answer to this is.
      await writer.flush(minute);
      if (usedBytes() > maxBytes)
        while (!closed && usedBytes() > maxBytes * roomAfterEviction) if (!(await evict())) break;
    } finally {
      makingRoom = false;
    }
  }

  /** False when nothing is left, or nothing can be written. */
  async function evict(): Promise<boolean> {
    const ids = database.all<{ id: number }>(sql.leastUsed, evictedAtOnce).map((row) => row.id);
    const failed = writer.failed;
    if (ids.length === 0 || !writer.write(sql.evict, [JSON.stringify(ids)])) return false;
    evictions += ids.length;
    await writer.flush(minute);
    return writer.failed === failed;
  }

  /** Looks at the size now and then, and again when more was written while it was looked at. */
  function checkRoom(bytes: number): void {
    bytesUnchecked += bytes;
    if (++setsUnchecked < setsPerCheck && bytesUnchecked < maxBytes / checksPerFill) return;
    if (makingRoom) return;
    setsUnchecked = 0;
    bytesUnchecked = 0;
    makeRoom().then(
      () => checkRoom(0),
      () => {
        // The database is locked or closed; the next write looks again.
      },
    );
  }

  return {
    degraded: store.degraded,
    readable: store.degraded === undefined || database.path !== ":memory:",
    get(key) {
      const now = clock.now();
      const waiting = unwritten.get(key);
      if (waiting) return waiting.expiresAt > now ? waiting.value : undefined;
      const id = fingerprint(key);
      const row = database.get<Row>(sql.get, id);
      if (row === undefined || row.key !== key || row.expires_at <= now) return undefined;
      if (crc32(row.value) !== row.checksum) {
        damaged++;
        return undefined;
      }
      if (row.used_at < now - noteUseMs) writer.write(sql.touch, [now, id, now]);
      return row.value;
    },
    set(key, value, ttlMs) {
      const now = clock.now();
      const expiresAt = Math.ceil(now + ttlMs);
      const queued = writer.write(sql.set, [fingerprint(key), key, expiresAt, now, crc32(value), value]);
      // What the queue refused is in no file, and the older row must not stand for it.
      note(key, queued ? { value, expiresAt, queued } : { value: undefined, expiresAt, queued });
      checkRoom(value.length);
    },
    delete(key) {
      note(key, { value: undefined, expiresAt: 0, queued: writer.write(sql.delete, [fingerprint(key), key]) });
    },
    clear(prefix) {
      for (const key of unwritten.keys()) {
        if (key.startsWith(prefix)) unwritten.set(key, { value: undefined, expiresAt: 0, queued: true });
      }
      // In steps, so that reads and other processes find the lock free in between.
      const length = [...prefix].length;
      for (const { from, to } of idRanges(clearSteps)) writer.write(sql.clear, [from, to, length, prefix]);
    },
    flush: (timeoutMs) => writer.flush(timeoutMs),
    usage: () => ({
      bytes: usedBytes(),
      evictions,
      damaged,
      refused: writer.dropped + writer.failed,
    }),
    async close(timeoutMs) {
      closed = true;
      await store.close(timeoutMs);
    },
  };
}

/**
 * Makes a new file with pages of 8 KB: values of 20 KB are read in two thirds of the time that the default's 4 KB take,
 * and small ones in the same. Only an empty file can be given another size.
 */
function prepareFile(path: string): void {
  if (path === ":memory:" || existsSync(path)) return;
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    const fresh = new DatabaseSync(path);
    fresh.exec("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL");
    fresh.close();
  } catch {
    // Opening it in earnest finds the same, and knows what to do.
  }
}
