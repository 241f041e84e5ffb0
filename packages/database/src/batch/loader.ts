import type { Queryable } from "../types.ts";
import { alignMany, alignOne } from "./align.ts";
import { type BatchOptions, collect, type ScopeOptions } from "./collect.ts";

interface LoaderOptions<Key, Row> extends BatchOptions {
  /** Reads the rows of all keys with one statement: see `inList`. In any order when there is `keyOf`. */
  readonly load: (database: Queryable, keys: readonly Key[]) => Promise<readonly Row[]>;
  /** What makes two keys the same. Default the key itself; give it where keys are objects, dates or lists. */
  readonly identify?: (key: Key) => unknown;
}

export interface BatchLoaderOptions<Key, Row> extends LoaderOptions<Key, Row> {
  /** The key that a row answers. Without it `load` must give one row per key, in their order. */
  readonly keyOf?: (row: Row) => Key;
}

export interface BatchGroupLoaderOptions<Key, Row> extends LoaderOptions<Key, Row> {
  readonly keyOf: (row: Row) => Key;
}

/** Reads by key within one request, together, each key once. */
export interface LoaderScope<Key, Answer> {
  /** The answer of one key. All who ask for it in this scope share it, also a failure of its batch. */
  load(key: Key): Promise<Answer>;
  loadMany(keys: readonly Key[]): Promise<Answer[]>;
  /** Forgets a key that was written meanwhile, or all. */
  forget(key?: Key): void;
}

export interface BatchLoader<Key, Answer> {
  /**
   * A scope for one request: it remembers what it has read, so it must not outlive the request. `database` is what it
   * asks: a pool, a session or a transaction.
   */
  scope(database: Queryable, options?: ScopeOptions): LoaderScope<Key, Answer>;
}

/** One row per key, or undefined: 100 reads by key become one statement. Over `dataloader`. */
export function batchLoader<Key, Row>(options: BatchLoaderOptions<Key, Row>): BatchLoader<Key, Row | undefined> {
  const { name, keyOf, identify = itself } = options;
  return loaderOver(options, (keys, rows) => alignOne(name, keys, rows, { keyOf, identify }));
}

/** All rows of a key, such as the orders of a customer: as `batchLoader`, with a list for each. */
export function batchGroupLoader<Key, Row>(options: BatchGroupLoaderOptions<Key, Row>): BatchLoader<Key, Row[]> {
  const { name, keyOf, identify = itself } = options;
  return loaderOver(options, (keys, rows) => alignMany(name, keys, rows, keyOf, identify));
}

const itself = (key: unknown): unknown => key;

function loaderOver<Key, Row, Answer>(
  options: LoaderOptions<Key, Row>,
  align: (keys: readonly Key[], rows: readonly Row[]) => Answer[],
): BatchLoader<Key, Answer> {
  return {
    scope(database, { batch = true } = {}) {
      const loader = collect<Key, Answer>({
        ...options,
        batch,
        identify: options.identify ?? itself,
        work: async (keys) => align(keys, await options.load(database, keys)),
      });
      return {
        load: (key) => loader.load(key),
        // Not the loader's own: that one hides failures among the answers.
        loadMany: (keys) => Promise.all(keys.map((key) => loader.load(key))),
        forget: (key) => void (key === undefined ? loader.clearAll() : loader.clear(key)),
      };
    },
  };
}
