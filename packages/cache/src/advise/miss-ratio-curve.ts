import { type Ranked, Recency } from "./recency.ts";

/** A key that the curve follows. */
export interface Followed extends Ranked {
  readonly hash: number;
  ttlMs: number;
  /** When it was last computed, had times to live been multiplied by each of the factors. */
  readonly filledAt: Float64Array;
}

/** Times to live that are tried beside the present one. */
export const ttlFactors = [0.5, 1, 2, 4] as const;
const presentFactor = 1;

const hashRange = 2 ** 32;
/** Of all keys one in so many at the most: each hit of a followed key costs three times what a hit costs. */
const sparsest = 8;
const binsPerDoubling = 4;
const bins = 50 * binsPerDoubling;

/**
 * What share of look-ups would hit at any size of the cache, in constant memory: SHARDS with a fixed number of keys.
 * Keys are followed by their hash, so a key is followed always or never; when there are too many, those with the
 * largest hashes are let go, and every look-up stands for as many as the share of keys that are left says.
 *
 * Waldspurger, Park, Garthwaite, Ahmad, "Efficient MRC Construction with SHARDS", FAST 2015.
 */
export class MissRatioCurve {
  readonly #capacity: number;
  readonly #recency: Recency<Followed>;
  readonly #followed = new Map<number, Followed>();
  /** Look-ups that found the key within its time to live, by the bytes used since: the least size that hits. */
  readonly #reuse = new Float64Array(bins);
  /** Look-ups that would have hit with times to live multiplied by a factor, at any size. */
  readonly #ttlHits = new Float64Array(ttlFactors.length);
  #lookups = 0;
  #sampled = 0;
  #threshold = hashRange / sparsest;

  /** `capacity`: most keys followed. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#recency = new Recency(capacity + 1);
  }

  /** The share of keys that is followed. */
  get rate(): number {
    return this.#threshold / hashRange;
  }

  get keys(): number {
    return this.#followed.size;
  }

  /** Look-ups that the curve is made of. */
  get sampled(): number {
    return this.#sampled;
  }

  /** The key if it is followed already. */
  find(hash: number): Followed | undefined {
    return hash < this.#threshold ? this.#followed.get(hash) : undefined;
  }

  /** A look-up of a key that is followed. */
  use(key: Followed, now: number): void {
    // Let go of since its entry was made.
    if (key.hash >= this.#threshold) return;
    const weight = hashRange / this.#threshold;
    this.#sampled++;
    this.#lookups += weight;
    for (let index = 0; index < ttlFactors.length; index++) {
      const fresh = now - (key.filledAt[index] as number) < key.ttlMs * (ttlFactors[index] as number);
      if (!fresh) key.filledAt[index] = now;
      else this.#ttlHits[index] = (this.#ttlHits[index] as number) + weight;
      if (fresh && index === presentFactor) {
        const bin = binOf((this.#recency.bytesSince(key) + key.bytes) * weight);
        this.#reuse[bin] = (this.#reuse[bin] as number) + weight;
      }
    }
    this.#recency.remove(key);
    this.#recency.add(key);
  }

  /** An answer of this size was computed; follows its key from now on, if it is one of those. */
  fill(hash: number, bytes: number, ttlMs: number, now: number): Followed | undefined {
    if (hash >= this.#threshold) return undefined;
    const known = this.#followed.get(hash);
    if (known) {
      known.ttlMs = ttlMs;
      this.#recency.resize(known, bytes);
      return known;
    }
    const key: Followed = { hash, bytes, ttlMs, slot: 0, filledAt: new Float64Array(ttlFactors.length).fill(now) };
    this.#lookups += hashRange / this.#threshold;
    this.#sampled++;
    this.#followed.set(hash, key);
    this.#recency.add(key);
    if (this.#followed.size > this.#capacity) this.#letGo();
    return key;
  }

  /** The share of look-ups that would hit with so many bytes, at the present times to live. */
  hitRatio(bytes: number): number {
    let hits = 0;
    for (let bin = 0; bin <= binOf(bytes) && bin < bins; bin++) hits += this.#reuse[bin] as number;
    return this.#lookups > 0 ? hits / this.#lookups : 0;
  }

  /** The share of look-ups that would hit with times to live multiplied, were there room for everything. */
  hitRatioByTtl(): number[] {
    return Array.from(this.#ttlHits, (hits) => (this.#lookups > 0 ? hits / this.#lookups : 0));
  }

  #letGo(): void {
    let largest: Followed | undefined;
    for (const key of this.#followed.values()) if (!largest || key.hash > largest.hash) largest = key;
    if (!largest) return;
    this.#threshold = largest.hash;
    this.#followed.delete(largest.hash);
    this.#recency.remove(largest);
  }
}

function binOf(bytes: number): number {
  return Math.min(bins - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) * binsPerDoubling)));
}

/** 32 bits of FNV-1a, finished by the mixer of MurmurHash3, since the threshold looks at the high bits. */
export function spatialHash(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
