import { anotherKey, decodeEntry } from "../codec/decode.ts";
import type { Entry, EntryRecord, Level, LevelScope, LevelUsage, MaybePromise } from "../types.ts";
import { positive } from "./arguments.ts";
import type { ByteStore } from "./byte-store.ts";

export interface ByteLevelOptions {
  readonly name: string;
  readonly scope: LevelScope;
  readonly ttlMs: number;
  /** Largest entry, encoded, bytes. */
  readonly maxEntryBytes: number;
}

/** Longest time that anything is kept, milliseconds: one year. Engines compute with times to live and can overflow. */
export const longestKeepMs: number = 365 * 24 * 3_600_000;

/** A level that keeps its entries as bytes. */
export function byteLevel(store: ByteStore, options: ByteLevelOptions): Level {
  const { name, scope, ttlMs, maxEntryBytes } = options;
  positive(`${name}.ttlMs`, ttlMs);
  positive(`${name}.maxEntryBytes`, maxEntryBytes);
  let refused = 0;
  let undecodable = 0;

  function decoded(entry: Entry | typeof anotherKey | undefined): Entry | undefined {
    if (entry !== undefined && entry !== anotherKey) return entry;
    undecodable++;
    if (entry === anotherKey) store.distrust?.();
    return undefined;
  }

  function opened(key: string, found: Uint8Array | undefined): MaybePromise<Entry | undefined> {
    if (found === undefined) return undefined;
    const bytes = Buffer.isBuffer(found) ? found : Buffer.from(found.buffer, found.byteOffset, found.length);
    const entry = decodeEntry(bytes, key);
    return entry instanceof Promise ? entry.then(decoded) : decoded(entry);
  }

  async function write(key: string, record: EntryRecord, keepMs: number): Promise<void> {
    const bytes = record.bytes(key);
    const ready = bytes instanceof Promise ? await bytes : bytes;
    if (ready.byteLength > maxEntryBytes) {
      refused++;
      // What is there is older, and must not outlive its successor.
      await store.delete(key);
      return;
    }
    await store.set(key, ready, Math.ceil(Math.min(keepMs, longestKeepMs)));
  }

  return {
    name,
    scope,
    ttlMs,
    get available() {
      return store.available;
    },
    get(key) {
      const found = store.get(key);
      return found instanceof Promise ? found.then((bytes) => opened(key, bytes)) : opened(key, found);
    },
    set(key, record, keepMs) {
      if (!(keepMs > 0)) {
        refused++;
        return store.delete(key);
      }
      return write(key, record, keepMs);
    },
    delete: (key) => store.delete(key),
    clear: (prefix) => store.clear(prefix),
    usage(): LevelUsage {
      const { bytes, entries, evictions, refused: byStore = 0, damaged = 0 } = store.usage();
      return { bytes, entries, evictions, refused: refused + byStore, undecodable: undecodable + damaged };
    },
    close: (timeoutMs) => store.close(timeoutMs),
  };
}
