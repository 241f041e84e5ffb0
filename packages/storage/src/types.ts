import type { Clock, Logger } from "@flyball/core";

/** Values SQLite stores. Booleans are stored as 0 or 1 by the caller. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** One step of a package's schema. Steps of a package are applied in order, each once, each in a transaction. */
export interface Migration {
  /** The package that owns the tables; its tables start with `${owner}_`. */
  readonly owner: string;
  /** 1, 2, 3 … without gaps within an owner. */
  readonly version: number;
  readonly sql: string;
}

/**
 * The embedded database, on the calling thread. Synchronous: for small reads and writes that need an answer.
 * Every method throws a StorageError whose code says what SQLite refused: `storage_busy` after the busy timeout,
 * `storage_full`, `storage_read_only`, `storage_corrupt`, `storage_constraint`, `storage_closed`, else `storage_failed`.
 */
export interface Database {
  /** The file, or `:memory:`. */
  readonly path: string;
  exec(sql: string): void;
  /** Statements are prepared once and cached by their text. */
  run(sql: string, ...values: SqlValue[]): { readonly changes: number };
  get<Row extends object>(sql: string, ...values: SqlValue[]): Row | undefined;
  all<Row extends object>(sql: string, ...values: SqlValue[]): Row[];
  /**
   * Runs `work` in an immediate transaction; a throw rolls back. Nested calls join the outer one: what they wrote is
   * stored when the outer one commits, and a throw undoes their own part only. `work` must not return a promise.
   */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * Writes telemetry on a worker thread, in batches, in the order given. A write never throws and never waits:
 * what does not fit the bounded queue is dropped and counted.
 */
export interface DatabaseWriter {
  /** Queues one statement; false when it was dropped. Byte arrays must not be changed afterwards. */
  write(sql: string, values: readonly SqlValue[]): boolean;
  /** Resolves when everything queued so far is stored or counted as failed, or rejects with a TimeoutError. */
  flush(timeoutMs: number): Promise<void>;
  /** Statements that did not fit the queue, came after closing, or were still queued when closing ran out of time. */
  readonly dropped: number;
  readonly queued: number;
  /**
   * Statements that SQLite refused (bad, disk full, read-only) or that were with the thread when it crashed. While
   * another process holds the lock nothing fails: the batch is kept and tried again.
   */
  readonly failed: number;
  /** Flushes, then stops. Resolves at the latest after about `timeoutMs`; what is left then is counted as dropped. */
  close(timeoutMs: number): Promise<void>;
}

/** The embedded store: one file, one main-thread connection, one writer thread. */
export interface Store {
  readonly database: Database;
  readonly writer: DatabaseWriter;
  /** Where a corrupt file was moved at opening, if it was. */
  readonly setAside: string | undefined;
  /** Why the store is not the durable file that was asked for: it is read-only, or in memory only. */
  readonly degraded: string | undefined;
  /** Deletes rows older than their tables' retention, in the writer, in small steps. */
  cleanUp(nowMs: number): void;
  /** Writes out what is queued, then closes. Default 2,000 ms. */
  close(timeoutMs?: number): Promise<void>;
}

/** A table whose old rows are deleted. Its time column should lead an index. */
export interface Retention {
  readonly table: string;
  /** Column with milliseconds since the epoch. */
  readonly timeColumn: string;
  /** How long rows are kept, milliseconds. Default of every caller: 30 days. */
  readonly keepMs: number;
}

export interface StoreOptions {
  /** The file, made with its folder when absent; `:memory:` keeps at most 256 MB in this process. */
  readonly path: string;
  /** Every package's schema steps, in any order of packages. */
  readonly migrations?: readonly Migration[];
  readonly retention?: readonly Retention[];
  /** How often old rows are deleted, milliseconds. Default one hour; 0 leaves it to calls of `cleanUp`. */
  readonly cleanUpEveryMs?: number;
  /** Longest wait of the calling thread for another connection's lock, milliseconds. Default 50. */
  readonly busyTimeoutMs?: number;
  /** Longest wait for the lock while opening and migrating, milliseconds. Default 5,000. */
  readonly openTimeoutMs?: number;
  readonly writer?: WriterLimits;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export interface WriterLimits {
  /** Most statements queued. Default 10,000. */
  readonly queueStatements?: number;
  /** Most bytes of text and values queued. Default 32 MiB. */
  readonly queueBytes?: number;
  /** How long a statement waits for company before a batch is sent, milliseconds. Default 20. */
  readonly lingerMs?: number;
}
