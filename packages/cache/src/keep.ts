import type { Address } from "./address.ts";
import { type Followed, spatialHash } from "./advise/miss-ratio-curve.ts";
import { createRecord } from "./codec/encode.ts";
import { UnstorableValueError } from "./errors.ts";
import { entryBytes } from "./levels/memory.ts";
import type { CacheParts } from "./parts.ts";
import type { Entry, EntryRecord, Level } from "./types.ts";

/** How an entry was kept, for the processes that wait for it. */
export type Kept = "stored" | "kept";

/** Puts entries into the levels: into memory at once, into the others behind the caller. */
export class Keep {
  readonly #parts: Omit<CacheParts, "keep">;
  readonly #writing = new Set<Promise<unknown>>();

  constructor(parts: Omit<CacheParts, "keep">) {
    this.#parts = parts;
  }

  /** Keeps a new entry everywhere. Memory has it on return; resolves when the other levels do, or have failed. */
  everywhere(address: Address, entry: Entry, refreshAhead: number): Promise<Kept> {
    const record = createRecord(entry);
    this.#inMemory(address, record, refreshAhead);
    return this.track(this.#below(address, record, this.#parts.levels));
  }

  /** Puts an entry that a lower level had into those above it. */
  promote(address: Address, entry: Entry, above: readonly Level[]): void {
    const record = createRecord(entry);
    this.#inMemory(address, record, this.#parts.settings.times.refreshAhead);
    if (above.length > 0) void this.track(this.#below(address, record, above));
  }

  /** Resolves when everything that was begun is written or has failed. */
  async settled(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
  }

  #inMemory(address: Address, record: EntryRecord, refreshAhead: number): void {
    const { front, invalidator, clock, ledger } = this.#parts;
    if (!front) return;
    const { entry } = record;
    const { memoryKey } = address;
    const now = clock.now();
    const freshMs = entry.expiresAt - now;
    const followed = this.#follow(memoryKey, record, entry.expiresAt - entry.createdAt);
    // What was invalidated while it was on its way is not kept.
    if (!invalidator.holds(address, entry)) {
      front.delete(memoryKey);
      return;
    }
    const refreshMs = entry.createdAt + (entry.expiresAt - entry.createdAt) * refreshAhead - now;
    front.hold(memoryKey, record, { freshMs, refreshMs, staleMs: entry.staleUntil - entry.expiresAt, followed });
    ledger.wrote(front);
  }

  #follow(memoryKey: string, record: EntryRecord, ttlMs: number): Followed | undefined {
    const { curve, front } = this.#parts;
    return front && curve?.fill(spatialHash(memoryKey), entryBytes(memoryKey, record), ttlMs, front.now());
  }

  async #below(address: Address, record: EntryRecord, levels: readonly Level[]): Promise<Kept> {
    const outward = this.#parts.invalidator.outward(record.entry);
    if (!outward) return "kept";
    const written = outward === record.entry ? record : createRecord(outward, record.inspection);
    const kept = await Promise.all(levels.map((level) => this.#write(address, written, level)));
    return kept.includes("stored") ? "stored" : "kept";
  }

  async #write(address: Address, record: EntryRecord, level: Level): Promise<Kept> {
    const { clock, ledger } = this.#parts;
    const { entry } = record;
    if (!level.available) return "kept";
    const keepMs = Math.min(entry.expiresAt - clock.now(), level.ttlMs) + entry.staleUntil - entry.expiresAt;
    try {
      await level.set(address.storageKey, record, keepMs);
      ledger.wrote(level);
      return "stored";
    } catch (error) {
      if (error instanceof UnstorableValueError) ledger.unstorableValue(error);
      else ledger.writeFailed(level, error);
      return "kept";
    }
  }

  /** Counts a promise that never rejects among what `settled()` waits for. */
  track<T>(writing: Promise<T>): Promise<T> {
    this.#writing.add(writing);
    void writing.finally(() => this.#writing.delete(writing));
    return writing;
  }
}
