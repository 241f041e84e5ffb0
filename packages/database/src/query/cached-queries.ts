import { type Clock, failureLog, type Logger, silentLogger, systemClock, withDeadline } from "@flyball/core";
import type {
  Pool,
  Queryable,
  QueryOptions,
  QueryResult,
  QueryValue,
  Transaction,
  TransactionOptions,
} from "../types.ts";
import { queryKey } from "./key.ts";
import type { QueryCache } from "./types.ts";

export interface CachedQueriesOptions {
  readonly database: Pool;
  /** Undefined is the plain path: every read asks the database. */
  readonly cache: QueryCache | undefined;
  /** How long answers are kept, milliseconds. Default the cache's. */
  readonly ttlMs?: number;
  /** Longest wait of a write for its invalidation, milliseconds. Default 1,000. */
  readonly invalidateTimeoutMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export interface CachedReadOptions extends QueryOptions {
  /** What the answer depends on: tables, or rows such as `company:17`. */
  readonly tags: readonly string[];
  readonly ttlMs?: number;
  /** Asks the database and leaves the cache alone. Default false. */
  readonly bypass?: boolean;
}

export interface InvalidatingOptions extends QueryOptions {
  /** Tags of the answers that the write makes wrong. */
  readonly invalidates: readonly string[];
}

/** Reads that are remembered until a write says that they are wrong. */
export interface CachedQueries {
  /** Rows, from the cache or from the database. They are shared: treat them as read-only. */
  read<Row extends object>(
    sql: string,
    values: readonly QueryValue[],
    options: CachedReadOptions,
  ): Promise<readonly Readonly<Row>[]>;
  /** Writes, then forgets. `session` writes as that user, so that its own later reads see it. */
  write<Row extends object>(
    sql: string,
    values: readonly QueryValue[],
    options: InvalidatingOptions & { readonly session?: Queryable },
  ): Promise<QueryResult<Row>>;
  /** As `write`, for a transaction: `touch` names tags as they turn out, and they are forgotten after the commit. */
  transaction<T>(
    work: (transaction: Transaction, touch: (...tags: string[]) => void) => Promise<T>,
    options?: TransactionOptions & { readonly session?: Queryable },
  ): Promise<T>;
  /** Failures of the cache so far, by cause. They never reach a caller. */
  readonly failures: ReadonlyMap<string, number>;
}

/**
 * Cached reads with invalidation by tag. An answer that is kept is read from the primary: from a replica that lags,
 * the first read after an invalidation would put the old rows back for their whole time to live.
 */
export function createCachedQueries(options: CachedQueriesOptions): CachedQueries {
  const { database, cache, clock = systemClock, invalidateTimeoutMs = 1_000 } = options;
  const failures = failureLog(options.logger ?? silentLogger);

  async function throughCache<T>(
    through: QueryCache,
    key: string,
    compute: () => Promise<T>,
    keep: { readonly ttlMs?: number; readonly tags: readonly string[] },
  ): Promise<T> {
    let computed: Promise<T> | undefined;
    try {
      return await through.getOrCompute(
        key,
        () => {
          computed = compute();
          return computed;
        },
        keep,
      );
    } catch (error) {
      // When the query itself failed this rejects as it did; else it is the cache that failed, and the rows are there.
      const value = await (computed ?? compute());
      failures.report("cached query", error);
      return value;
    }
  }

  async function forget(tags: readonly string[]): Promise<void> {
    if (!cache || tags.length === 0) return;
    try {
      await withDeadline(cache.invalidate(...tags), invalidateTimeoutMs, "invalidating cached queries", clock);
    } catch (error) {
      // The write is stored; to fail it for this would have it done twice. The time to live bounds what is stale.
      failures.report("invalidation", error);
    }
  }

  return {
    failures: failures.counts,
    read<Row extends object>(sql: string, values: readonly QueryValue[], readOptions: CachedReadOptions) {
      const { tags, ttlMs = options.ttlMs, bypass = false, ...query } = readOptions;
      if (!cache || bypass) return database.read<Row>(sql, values, query);
      const key = queryKey(database.identity, sql, values);
      // One caller's signal or patience must not end the answer of all who share it.
      const shared = query.name === undefined ? { fresh: true } : { fresh: true, name: query.name };
      const keep = ttlMs === undefined ? { tags } : { tags, ttlMs };
      return throughCache(cache, key, () => database.read<Row>(sql, values, shared), keep);
    },
    async write<Row extends object>(
      sql: string,
      values: readonly QueryValue[],
      { invalidates, session = database, ...query }: InvalidatingOptions & { readonly session?: Queryable },
    ) {
      try {
        return await session.write<Row>(sql, values, query);
      } finally {
        // Also after a failure: a connection that broke in the middle may have stored it.
        await forget(invalidates);
      }
    },
    async transaction(work, { session = database, ...query } = {}) {
      const touched = new Set<string>();
      try {
        return await session.transaction(
          (transaction) =>
            work(transaction, (...tags) => {
              for (const tag of tags) touched.add(tag);
            }),
          query,
        );
      } finally {
        await forget([...touched]);
      }
    },
  };
}
