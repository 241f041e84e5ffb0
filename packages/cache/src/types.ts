import type { Inspection } from "./inspect-value.ts";

/** A value now, or later: what is at hand is given without a promise, because a promise costs more than a look-up. */
export type MaybePromise<T> = T | Promise<T>;

/** An answer with what is known about it. */
export interface Entry<T = unknown> {
  readonly value: T;
  /** Wall time at which its computation began, milliseconds since the epoch. */
  readonly createdAt: number;
  /** Wall time until which it is fresh. */
  readonly expiresAt: number;
  /** Wall time until which it may stand in, stale, while a new one is computed or cannot be. Never before `expiresAt`. */
  readonly staleUntil: number;
  /** What computing it took, milliseconds: what a hit saves. */
  readonly computeMs: number;
  /** What computing it cost, US dollars; undefined when nobody knows. */
  readonly usd: number | undefined;
  readonly tags: readonly string[];
  /** The epoch of the scope, then those of `tags`, at the moment its computation began. */
  readonly epochs: readonly number[];
}

/** An entry on its way into the levels. Its bytes are made at most once, however many levels take them. */
export interface EntryRecord {
  readonly entry: Entry;
  /** What the value is like. */
  readonly inspection: Inspection;
  /** The entry, encoded, as it is written under its storage key. @throws UnstorableValueError when the value would not come back as it is. */
  bytes(key: string): MaybePromise<Uint8Array>;
}

/** Who sees what is written: this process alone, the processes of this machine, or everybody. */
export type LevelScope = "process" | "machine" | "shared";

/** What a level holds, as far as it knows; undefined where it cannot know. */
export interface LevelUsage {
  readonly bytes: number | undefined;
  readonly entries: number | undefined;
  /** Entries that were removed to make room. */
  readonly evictions: number | undefined;
  /** Writes that were given up: too large, no room, a queue that was full, a refused value. */
  readonly refused: number;
  /** Entries that were found and could not be decoded. */
  readonly undecodable: number;
}

/**
 * A place that remembers entries by key. Every method may fail; the cache counts the failure and goes on without
 * the level. A level that answers late must fail by its own deadline: the cache sets none.
 */
export interface Level {
  /** Its name in statistics and metrics: `memory`, `redis`, `disk`, … */
  readonly name: string;
  readonly scope: LevelScope;
  /** Longest time for which the level keeps an entry as fresh, milliseconds. */
  readonly ttlMs: number;
  /** Whether it is believed to answer now. While it is not, the cache does not ask it. */
  readonly available: boolean;
  /** The entry under the key, stale ones included; undefined when there is none or it cannot be decoded. */
  get(key: string): MaybePromise<Entry | undefined>;
  /** Keeps the entry for `keepMs`, a positive number, or refuses it and counts that. */
  set(key: string, record: EntryRecord, keepMs: number): MaybePromise<void>;
  delete(key: string): MaybePromise<void>;
  /** Deletes every key that begins so. */
  clear(prefix: string): MaybePromise<void>;
  usage(): LevelUsage;
  /** Waits for what is under way, up to `timeoutMs`, and lets go of what it holds. Never throws. */
  close(timeoutMs: number): Promise<void>;
}
