/** Milliseconds of a level's answers, within 1 %; undefined while there were none. */
export interface Latency {
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
}

/** What one level did since the cache was made. */
export interface LevelStats {
  /** Calls that it answered, fresh. */
  readonly hits: number;
  /** Calls that it answered after their time: see `staleWhileRevalidateMs` and `graceMs`. */
  readonly stale: number;
  readonly misses: number;
  /** Look-ups that failed. */
  readonly errors: number;
  /** Look-ups that were spared because the level was known not to answer. */
  readonly skipped: number;
  /** Hits and stale answers, of all look-ups that the level answered. Undefined while there were none. */
  readonly hitRatio: number | undefined;
  /** Look-ups that it answered, of all that it was there for. Undefined while there were none. */
  readonly availability: number | undefined;
  readonly available: boolean;
  readonly writes: number;
  readonly writeErrors: number;
  /** Of look-ups below memory. Memory's own are not timed: reading the clock takes longer than they do. */
  readonly latencyMs: Latency;
  /** What its answers took to compute, milliseconds. */
  readonly savedMs: number;
  /** What its answers cost, US dollars, as far as known. */
  readonly savedUsd: number;
  readonly bytes: number | undefined;
  readonly entries: number | undefined;
  readonly evictions: number | undefined;
  readonly refused: number;
  readonly undecodable: number;
}

export interface CacheStats {
  /** Calls of `getOrCompute`; each ended in exactly one of the ways below. */
  readonly calls: number;
  readonly hits: number;
  readonly stale: number;
  /** Calls that computed. */
  readonly computed: number;
  /** Calls that got what another call computed meanwhile, here or in another process. */
  readonly coalesced: number;
  readonly failed: number;
  readonly bypassed: number;
  /** Calls that did not have to compute, of all that were not bypassed. Undefined while there were none. */
  readonly hitRatio: number | undefined;
  readonly computeMs: Latency;
  /** Computations begun behind an answer that was given at once. */
  readonly refreshes: number;
  readonly savedMs: number;
  readonly savedUsd: number;
  /** Answers that were not kept below memory because they would not have come back as they were. */
  readonly unstorable: number;
  /** Invalidations that some level or process does not know of yet. */
  readonly invalidationsWaiting: number;
  /** Times that another process's invalidation may have been missed, and everything was distrusted. */
  readonly gaps: number;
  /** Failures that no caller saw, by cause. */
  readonly failures: Readonly<Record<string, number>>;
  readonly levels: Readonly<Record<string, LevelStats>>;
}
