import { createRecord } from "../codec/encode.ts";
import { longestKeepMs } from "../levels/byte-level.ts";
import type { Level } from "../types.ts";

interface Mark {
  /** The count of all invalidations up to which this level has followed. */
  readonly count: number;
  /** Entries from before this wall time are not trusted: a deletion may have been missed. */
  readonly floor: number;
}

/**
 * A level that only this machine sees does not hear of what is deleted while none of its processes runs. It carries a
 * mark of how far it has followed; where the mark is behind, everything older than now is taken for deleted.
 */
export class MachineFloor {
  readonly #level: Level;
  readonly #key: string;
  #mark: Mark = { count: 0, floor: Number.NEGATIVE_INFINITY };

  constructor(level: Level, cache: string) {
    this.#level = level;
    this.#key = `${cache}::mark`;
  }

  /** Reads the mark and compares it with the count that holds. */
  async open(count: number, nowMs: number): Promise<void> {
    const stored = (await this.#level.get(this.#key))?.value as Mark | undefined;
    if (stored && typeof stored.count === "number" && typeof stored.floor === "number") this.#mark = stored;
    if (this.#mark.count !== count) await this.raise(count, nowMs);
  }

  /** Everything up to now is distrusted. */
  raise(count: number, nowMs: number): Promise<void> {
    this.#mark = { count, floor: nowMs };
    return this.#write(nowMs);
  }

  /** Everything up to `count` was carried out here. */
  async follow(count: number, nowMs: number): Promise<void> {
    if (count === this.#mark.count) return;
    this.#mark = { ...this.#mark, count };
    await this.#write(nowMs);
  }

  trusts(level: Level, createdAt: number): boolean {
    return level !== this.#level || createdAt >= this.#mark.floor;
  }

  async #write(nowMs: number): Promise<void> {
    const until = nowMs + longestKeepMs;
    const about = { createdAt: nowMs, expiresAt: until, staleUntil: until, computeMs: 0, usd: undefined };
    const record = createRecord({ value: this.#mark, ...about, tags: [], epochs: [] });
    await this.#level.set(this.#key, record, longestKeepMs);
  }
}
