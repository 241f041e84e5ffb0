import { EventEmitter } from "node:events";
import { ConfigurationError } from "@flyball/core";
import type { Keyv, KeyvStoreAdapter } from "keyv";
import type { LevelScope } from "../types.ts";
import { positive } from "./arguments.ts";
import { byteLevel } from "./byte-level.ts";
import type { ByteStore } from "./byte-store.ts";
import { createGuard, type Guard } from "./guard.ts";
import { hour, type LevelFactory, megabyte } from "./level-context.ts";
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from "./sqlite-store.ts";

export interface KeyvLevelOptions {
  /** Default `keyv`. */
  readonly name?: string;
  /** Who else sees what is written there. Default `shared`. */
  readonly scope?: LevelScope;
  /** Longest time an entry is kept as fresh, milliseconds. Default one hour. */
  readonly ttlMs?: number;
  /** Largest single entry, encoded, bytes. Default 8 MB. */
  readonly maxEntryBytes?: number;
  /** Longest time of one operation, milliseconds. Default 250. */
  readonly deadlineMs?: number;
  /** Most operations at once; more are refused. Default 1,000. */
  readonly maxPending?: number;
  /** The store takes and gives bytes. Default false: they are written as base64 text, which every store can keep. */
  readonly binary?: boolean;
}

/** A Keyv, a keyv storage adapter, or a Map. */
export type KeyvLike = Keyv | KeyvStoreAdapter | Map<string, unknown>;

/**
 * Entries in any keyv store. keyv turns errors into misses; here they are counted, and after three in a row or one
 * that took too long the store is left alone until it answers again.
 */
export function keyvLevel(keyv: KeyvLike, options: KeyvLevelOptions = {}): LevelFactory {
  const { name = "keyv", scope = "shared", binary = false, maxPending = 1_000 } = options;
  const deadlineMs = positive("keyv.deadlineMs", options.deadlineMs ?? 250);
  const limits = { ttlMs: options.ttlMs ?? hour, maxEntryBytes: options.maxEntryBytes ?? 8 * megabyte };
  const adapter = adapterOf(keyv);
  return ({ cache, clock, failures }) => {
    const guard = createGuard({
      name,
      deadlineMs,
      maxPending,
      tripAfter: 3,
      probe: async () => adapter.get(`${cache}::probe`),
      onOpen: (error) => failures.report(`cache level ${name}`, error),
      clock,
    });
    return byteLevel(keyvStore(adapter, guard, binary), { name, scope, ...limits });
  };
}

type Adapter = Pick<KeyvStoreAdapter, "get" | "set" | "delete" | "clear"> &
  Partial<Pick<KeyvStoreAdapter, "disconnect" | "iterator">>;

function adapterOf(keyv: KeyvLike): Adapter {
  // Below a Keyv's own envelope and namespace: the level brings both, and keyv would swallow the errors.
  const adapter = ("hooks" in keyv ? (keyv as Keyv).store : keyv) as Adapter & { throwOnErrors?: boolean };
  for (const method of ["get", "set", "delete", "clear"] as const) {
    if (typeof adapter?.[method] !== "function") {
      throw new ConfigurationError("keyv", typeof keyv, `a keyv store, which has a method ${method}()`);
    }
  }
  if ("throwOnErrors" in adapter) adapter.throwOnErrors = true;
  // A store that emits an error nobody listens to ends the process.
  if (adapter instanceof EventEmitter) adapter.on("error", () => {});
  return adapter;
}

function keyvStore(adapter: Adapter, guard: Guard, binary: boolean): ByteStore {
  return {
    get available() {
      return guard.available;
    },
    async get(key) {
      const found: unknown = await guard.run(async () => adapter.get(key));
      if (found === undefined || found === null) return undefined;
      return typeof found === "string" ? Buffer.from(found, "base64") : (found as Uint8Array);
    },
    async set(key, bytes, ttlMs) {
      const value = binary ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
      await guard.run(async () => adapter.set(key, value, ttlMs));
    },
    async delete(key) {
      await guard.run(async () => adapter.delete(key));
    },
    // An adapter cannot delete by prefix, only everything that is in it.
    async clear() {
      await guard.run(async () => adapter.clear());
    },
    usage: () => ({}),
    async close() {
      guard.close();
    },
  };
}

/** keyv's own interface over the file of a disk level, for whoever uses Keyv itself. */
export function createKeyvSqlite(options: SqliteStoreOptions): KeyvStoreAdapter {
  return new KeyvSqlite(options);
}

const forever: number = 365 * 24 * hour;

class KeyvSqlite extends EventEmitter implements KeyvStoreAdapter {
  readonly opts: SqliteStoreOptions & { readonly dialect: "sqlite" };
  namespace: string | undefined;
  readonly #store: SqliteStore;

  constructor(options: SqliteStoreOptions) {
    super();
    this.opts = { ...options, dialect: "sqlite" };
    this.#store = openSqliteStore(options);
  }

  async get<Value>(key: string): Promise<Value | undefined> {
    return this.#store.get(key) as Value | undefined;
  }

  async set(key: string, value: string | Uint8Array, ttlMs?: number): Promise<void> {
    if (ttlMs !== undefined && !(ttlMs > 0)) return this.#store.delete(key);
    this.#store.set(key, value, Math.min(ttlMs ?? forever, forever));
  }

  async delete(key: string): Promise<boolean> {
    const there = this.#store.get(key) !== undefined;
    this.#store.delete(key);
    return there;
  }

  async clear(): Promise<void> {
    this.#store.clear(this.namespace === undefined ? "" : `${this.namespace}:`);
  }

  async disconnect(): Promise<void> {
    await this.#store.close(2_000);
  }
}
