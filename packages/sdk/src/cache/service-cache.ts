import type { Advice, Cache, CacheNamespace, CacheStats } from "@flyball/cache";

/**
 * The cache of a service: memory, then Redis where `redis.url` is set, then disk, then computing. It opens with its
 * first use and costs nothing before.
 */
export interface ServiceCache extends CacheNamespace {
  readonly name: string;
  /** Answers apart from the rest. */
  namespace(name: string): CacheNamespace;
  /** The cache itself; opens it, if nobody has used it yet. */
  open(): Promise<Cache>;
  /** What it did since it was opened; undefined before. */
  stats(): CacheStats | undefined;
  /** What more memory or longer times to live would give; undefined before it was opened. */
  advise(): Advice | undefined;
  /** Resolves when everything begun so far is written below memory, or has failed. */
  flush(): Promise<void>;
}
