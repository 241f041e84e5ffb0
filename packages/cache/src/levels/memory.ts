import { LRUCache } from "lru-cache";
import type { Followed } from "../advise/miss-ratio-curve.ts";
import { CoarseTime } from "../coarse-time.ts";
import { stringBytes } from "../inspect-value.ts";
import type { Entry, EntryRecord, Level, LevelUsage } from "../types.ts";
import { positive } from "./arguments.ts";
import { type LevelContext, type LevelFactory, megabyte, minute } from "./level-context.ts";

export interface MemoryLevelOptions {
  /** Default `memory`. */
  readonly name?: string;
  /** Longest time for which an entry is taken from memory as fresh, milliseconds. Default 5 minutes. */
  readonly ttlMs?: number;
  /** Most bytes, as the heap sees them. Default 100 MB. */
  readonly maxBytes?: number;
  /** Largest single entry, bytes. Default an eighth of `maxBytes`. */
  readonly maxEntryBytes?: number;
}

/** An entry in memory, with what the hot path needs beside it. Times are the clock's monotonic milliseconds. */
export interface Held {
  readonly entry: Entry;
  readonly storedAt: number;
  /** Until then a hit needs no thought at all: it is fresh and no refresh is due. */
  quietUntil: number;
  readonly freshUntil: number;
  /** Until then it may stand in. */
  readonly keepUntil: number;
  /** The level's generation in which it was last found to be valid. */
  generation: number;
  /** Its key in the miss-ratio curve, if that follows it. */
  readonly followed: Followed | undefined;
  hits: number;
}

export interface HoldOptions {
  /** Longest time as fresh, milliseconds. */
  readonly freshMs: number;
  /** After this time a hit should start a refresh, milliseconds. */
  readonly refreshMs: number;
  /** How long it is kept beyond `freshMs`, milliseconds. */
  readonly staleMs: number;
  readonly followed?: Followed | undefined;
}

/** Bytes of an entry beside its key and value, measured: Held, Entry, their numbers, and the slots of the LRU. */
const entryOverhead = 640;

/** Bytes that an entry takes in memory with everything that belongs to it. */
export function entryBytes(key: string, { inspection }: EntryRecord): number {
  return Math.ceil(inspection.heapBytes + stringBytes(key) + entryOverhead);
}

/**
 * Entries of this process, bounded in bytes as the heap sees them; the least recently used give way. Values are
 * handed out as they are, not copied: treat what a cache gives you as read-only.
 */
export function memoryLevel(options: MemoryLevelOptions = {}): LevelFactory {
  const checked = {
    name: options.name ?? "memory",
    ttlMs: positive("memory.ttlMs", options.ttlMs ?? 5 * minute),
    maxBytes: positive("memory.maxBytes", options.maxBytes ?? 100 * megabyte),
  };
  const maxEntryBytes = positive("memory.maxEntryBytes", options.maxEntryBytes ?? checked.maxBytes / 8);
  return (context) => new MemoryLevel({ ...checked, maxEntryBytes }, context);
}

export class MemoryLevel implements Level {
  readonly name: string;
  readonly scope = "process";
  readonly available = true;
  readonly ttlMs: number;
  readonly maxBytes: number;
  readonly #maxEntryBytes: number;
  readonly #time: CoarseTime;
  readonly #wall: () => number;
  readonly #entries: LRUCache<string, Held>;
  #evictions = 0;
  #refused = 0;
  /** Grows when entries may have become invalid; each is looked at again at its next hit. */
  #generation = 0;

  constructor(options: Required<MemoryLevelOptions>, { clock }: LevelContext) {
    this.name = options.name;
    this.ttlMs = options.ttlMs;
    this.maxBytes = Math.ceil(options.maxBytes);
    this.#maxEntryBytes = Math.min(options.maxEntryBytes, options.maxBytes);
    this.#time = new CoarseTime(clock);
    this.#wall = () => clock.now();
    // No TTL and no fetch of lru-cache's: both cost more on the hot path than the two comparisons here.
    this.#entries = new LRUCache<string, Held>({
      maxSize: this.maxBytes,
      dispose: (_held, _key, reason) => {
        if (reason === "evict") this.#evictions++;
      },
    });
  }

  get generation(): number {
    return this.#generation;
  }

  /** The entry if it can be given out without another thought. */
  hit(key: string): Held | undefined {
    const held = this.#entries.get(key);
    return held !== undefined && held.quietUntil > this.#time.now() && held.generation === this.#generation
      ? held
      : undefined;
  }

  /** The entry whatever its state, if it may still stand in. */
  find(key: string): Held | undefined {
    const held = this.#entries.get(key);
    if (held === undefined || held.keepUntil > this.#time.now()) return held;
    this.#entries.delete(key);
    return undefined;
  }

  now(): number {
    return this.#time.now();
  }

  hold(key: string, record: EntryRecord, options: HoldOptions): Held | undefined {
    const { entry } = record;
    const size = entryBytes(key, record);
    if (size > this.#maxEntryBytes || !(options.freshMs + options.staleMs > 0)) {
      // What is there is older, and must not outlive its successor.
      this.#entries.delete(key);
      this.#refused++;
      return undefined;
    }
    const now = this.#time.exact();
    const freshUntil = now + Math.min(options.freshMs, this.ttlMs);
    const held: Held = {
      entry,
      storedAt: now,
      quietUntil: Math.min(freshUntil, now + options.refreshMs),
      freshUntil,
      keepUntil: freshUntil + options.staleMs,
      generation: this.#generation,
      followed: options.followed,
      hits: 0,
    };
    this.#entries.set(key, held, { size });
    return held;
  }

  /** Has every entry looked at again before it is given out. */
  doubt(): void {
    this.#generation++;
  }

  /** Found to be valid in the present generation. */
  trust(held: Held): void {
    held.generation = this.#generation;
  }

  get(key: string): Entry | undefined {
    const held = this.find(key);
    if (held === undefined) return undefined;
    // Beyond the level's own limit an entry is stale here, however long it lives elsewhere.
    const left = held.freshUntil - this.#time.now();
    return { ...held.entry, expiresAt: Math.min(held.entry.expiresAt, this.#wall() + left) };
  }

  set(key: string, record: EntryRecord, keepMs: number): void {
    const freshMs = Math.min(keepMs, record.entry.expiresAt - this.#wall());
    this.hold(key, record, { freshMs, refreshMs: freshMs, staleMs: keepMs - freshMs });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(prefix = ""): void {
    if (prefix === "") this.#entries.clear();
    else for (const key of [...this.#entries.keys()]) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  /** The keys and what is held, most recently used first. */
  entries(): Iterable<[string, Held]> {
    return this.#entries.entries();
  }

  usage(): LevelUsage {
    return {
      bytes: this.#entries.calculatedSize,
      entries: this.#entries.size,
      evictions: this.#evictions,
      refused: this.#refused,
      undecodable: 0,
    };
  }

  async close(): Promise<void> {
    this.#entries.clear();
  }
}
