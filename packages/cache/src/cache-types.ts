import type { Advice } from "./advise/advise.ts";
import type { CallOptions, Compute } from "./options.ts";
import type { CacheStats } from "./statistics/stats.ts";
import type { MaybePromise } from "./types.ts";
import type { Warmed, WarmOptions } from "./warm.ts";

/** An answer that the cache has. */
export interface CachedAnswer<T> {
  readonly value: T;
  /** The level that had it. */
  readonly level: string;
  /** Past its time, kept to stand in. */
  readonly stale: boolean;
  /** Milliseconds since its computation began. */
  readonly ageMs: number;
  readonly computeMs: number;
}

/** Whether everybody knows. What could not be told yet is tried again until it was. */
export interface Told {
  readonly everywhere: boolean;
}

/** The answers of a cache, of one of its namespaces, or of one tenant. */
export interface CacheView {
  /**
   * The answer under the key: from the fastest level that has it, or computed, once for everybody who asks meanwhile.
   * A hit in memory comes back as it is, everything else as a promise; `await` takes both. Values are handed out, not
   * copied: treat them as read-only.
   *
   * Rejects with what `compute` threw, to all who waited for it; with a TimeoutError at the hard timeout; with a
   * CacheKeyError for a key that is no string. A level that fails is never a reason to reject.
   */
  getOrCompute<T>(key: string, compute: Compute<T>, options?: CallOptions<T>): MaybePromise<T>;
  /** What the cache has under the key, stale or not; computes nothing and counts nothing. */
  get<T>(key: string): Promise<CachedAnswer<T> | undefined>;
  /** Keeps a value as if it had been computed. Resolves when all levels have it, or have failed. */
  set<T>(
    key: string,
    value: T,
    options?: Pick<CallOptions<T>, "ttlMs" | "tags" | "graceMs" | "staleWhileRevalidateMs">,
  ): Promise<void>;
  /** Forgets keys, in every level and every process. What is being computed for them is not kept. */
  delete(...keys: string[]): Promise<Told>;
  /**
   * Forgets every answer with one of the tags, in every process.
   * @throws ConfigurationError when a level outlives the process and there is no coordinator.
   */
  invalidate(...tags: string[]): Promise<Told>;
  /** Forgets every answer of this cache, namespace or tenant, in every process. */
  clear(): Promise<Told>;
  /** Brings answers into memory before they are asked for, and computes those that are nowhere. */
  warm<T>(options: WarmOptions<T>): Promise<Warmed>;
}

export interface Cache extends CacheView {
  readonly name: string;
  /** Answers apart from the rest. */
  namespace(name: string): CacheNamespace;
  /** One tenant's answers: no other's are ever found, whatever the keys. */
  tenant(id: string): CacheView;
  stats(): CacheStats;
  /** What more memory or longer times to live would give. Undefined without a memory level, or with `adviceKeys: 0`. */
  advise(): Advice | undefined;
  /** Resolves when everything begun so far is written below memory, or has failed. */
  flush(): Promise<void>;
  /**
   * Stops what is being computed, writes out what is under way and lets go of the levels, within `timeoutMs` (default
   * 2,000). The coordinator stays open.
   */
  close(timeoutMs?: number): Promise<void>;
}

export interface CacheNamespace extends CacheView {
  tenant(id: string): CacheView;
}
