import { createRecord } from "./codec/encode.ts";
import { separator } from "./key.ts";
import { longestKeepMs } from "./levels/byte-level.ts";
import type { MemoryLevel } from "./levels/memory.ts";
import type { Level } from "./types.ts";

/** How often a key was used. */
type Uses = Record<string, number>;

/** What a use of the last period counts for against one of this: old favourites fade. */
const fading = 0.5;

export interface HistoryOptions {
  readonly cache: string;
  /** Most keys remembered; 0 remembers none. */
  readonly keys: number;
  readonly front: MemoryLevel | undefined;
  readonly levels: readonly Level[];
  readonly now: () => number;
}

/**
 * The keys that were used most, across processes, in the lowest level that takes them. Of the cache itself
 * alone, not of its namespaces and tenants. Keys are kept as they are,
 * since nothing could be computed from their hashes; so this is off unless asked for.
 */
export class History {
  readonly #options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** The most used keys, most used first. */
  async most(count: number): Promise<string[]> {
    return sorted(await this.#read()).slice(0, count);
  }

  /** Adds what memory has seen since the last time. Never rejects. */
  async save(): Promise<void> {
    const { keys, front } = this.#options;
    if (keys === 0 || !front) return;
    const seen: Uses = {};
    for (const [key, held] of front.entries()) {
      // Namespaces and tenants keep to themselves, and hashed keys are good for nothing here.
      if (held.hits === 0 || key.startsWith(separator)) continue;
      seen[key] = held.hits;
      held.hits = 0;
    }
    if (Object.keys(seen).length === 0) return;
    const uses = await this.#read();
    for (const [key, count] of Object.entries(uses)) seen[key] = (seen[key] ?? 0) + count * fading;
    await this.#write(
      Object.fromEntries(
        sorted(seen)
          .slice(0, keys)
          .map((key) => [key, seen[key] as number]),
      ),
    );
  }

  get #key(): string {
    return `${this.#options.cache}::history`;
  }

  async #read(): Promise<Uses> {
    for (const level of this.#options.levels.toReversed()) {
      try {
        const uses = (await level.get(this.#key))?.value;
        if (uses && typeof uses === "object") return uses as Uses;
      } catch {
        // The next level may have it; without any there is nothing to warm, which is how it was before.
      }
    }
    return {};
  }

  async #write(uses: Uses): Promise<void> {
    const now = this.#options.now();
    const until = now + longestKeepMs;
    const about = { createdAt: now, expiresAt: until, staleUntil: until, computeMs: 0, usd: undefined };
    const record = createRecord({ value: uses, ...about, tags: [], epochs: [] });
    for (const level of this.#options.levels.toReversed()) {
      try {
        return await level.set(this.#key, record, longestKeepMs);
      } catch {
        // The next level may take it.
      }
    }
  }
}

function sorted(uses: Uses): string[] {
  return Object.keys(uses).sort((a, b) => (uses[b] as number) - (uses[a] as number));
}
