import { LRUCache } from "lru-cache";
import { stringBytes } from "../inspect-value.ts";
import { positive } from "../levels/arguments.ts";
import { ratio } from "../statistics/level-tally.ts";
import { EmbeddingError } from "./errors.ts";
import type { Embed } from "./types.ts";
import { normalised } from "./vector.ts";

export interface EmbeddingCacheOptions {
  readonly embed: Embed;
  /** Most texts. Default 10,000. */
  readonly maxEntries?: number;
  /** Most bytes of texts and vectors. Default 32 MiB. */
  readonly maxBytes?: number;
}

export interface EmbeddingCacheStats {
  /** Texts whose vector was there, or already being made for another caller. */
  readonly hits: number;
  readonly misses: number;
  readonly hitRatio: number | undefined;
  readonly entries: number;
  readonly bytes: number;
  readonly evictions: number;
}

/** Embeddings by text; the least recently used give way. */
export interface EmbeddingCache {
  /** Vectors of length 1, one a text; treat them as read-only. Asks for all that are missing in one call. */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
  /** The vector if it is here. Counts as a look-up only then. */
  known(text: string): Float32Array | undefined;
  stats(): EmbeddingCacheStats;
}

export function createEmbeddingCache(options: EmbeddingCacheOptions): EmbeddingCache {
  const { embed } = options;
  const vectors = new LRUCache<string, Float32Array>({
    max: positive("embeddings.maxEntries", options.maxEntries ?? 10_000),
    maxSize: positive("embeddings.maxBytes", options.maxBytes ?? 32 * 2 ** 20),
    sizeCalculation: (vector, text) => vector.byteLength + stringBytes(text) + entryOverhead,
    dispose: (_vector, _text, reason) => {
      if (reason === "evict") evictions++;
    },
  });
  const underway = new Map<string, Promise<Float32Array>>();
  let dimensions: number | undefined;
  let [hits, misses, evictions] = [0, 0, 0];

  async function make(texts: readonly string[]): Promise<readonly Float32Array[]> {
    const made = await embed(texts);
    if (made.length !== texts.length) throw new EmbeddingError(`came ${made.length} times for ${texts.length} texts`);
    return made.map((vector, index) => {
      const unit = normalised(vector);
      dimensions ??= unit.length;
      if (unit.length !== dimensions)
        throw new EmbeddingError(`has ${unit.length} dimensions instead of ${dimensions}`);
      vectors.set(texts[index] as string, unit);
      return unit;
    });
  }

  /** Begins one call for several texts, and shares it with whoever asks for one of them meanwhile. */
  function begin(texts: readonly string[]): void {
    const made = make(texts);
    texts.forEach((text, index) => {
      const one = made.then((all) => all[index] as Float32Array).finally(() => underway.delete(text));
      // Whoever asked hears of a failure; without anybody it must not end the process.
      one.catch(() => {});
      underway.set(text, one);
    });
  }

  return {
    async embed(texts) {
      const missing = new Set<string>();
      for (const text of texts) {
        if (vectors.has(text) || underway.has(text) || missing.has(text)) hits++;
        else missing.add(text);
      }
      misses += missing.size;
      // Taken before the call begins: what it brings may push them out.
      const here = texts.map((text) => vectors.get(text));
      if (missing.size > 0) begin([...missing]);
      return await Promise.all(
        texts.map((text, index) => here[index] ?? (underway.get(text) as Promise<Float32Array>)),
      );
    },
    known(text) {
      const vector = vectors.get(text);
      if (vector !== undefined) hits++;
      return vector;
    },
    stats: () => ({
      hits,
      misses,
      hitRatio: ratio(hits, hits + misses),
      entries: vectors.size,
      bytes: vectors.calculatedSize,
      evictions,
    }),
  };
}

/** Bytes of an entry beside its text and its vector's numbers: the typed array, its buffer, the slots of the LRU. */
const entryOverhead = 250;
