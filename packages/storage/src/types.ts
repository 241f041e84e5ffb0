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

/** The embedded database, on the calling thread. Synchronous: for small reads and writes that need an answer. */
export interface Database {
  /** The file, or `:memory:`. */
  readonly path: string;
  exec(sql: string): void;
  /** Statements are prepared once and cached by their text. */
  run(sql: string, ...values: SqlValue[]): { readonly changes: number };
  get<Row extends object>(sql: string, ...values: SqlValue[]): Row | undefined;
  all<Row extends object>(sql: string, ...values: SqlValue[]): Row[];
  /** Runs `work` in an immediate transaction; a throw rolls back. Nested calls join the outer one. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * Writes telemetry on a worker thread, in batches, in the order given. A write never throws and never waits:
 * what does not fit the bounded queue is dropped and counted.
 */
export interface DatabaseWriter {
  /** Queues one statement; false when it was dropped. */
  write(sql: string, values: readonly SqlValue[]): boolean;
  /** Resolves when everything queued so far is stored, or rejects with a TimeoutError. */
  flush(timeoutMs: number): Promise<void>;
  readonly dropped: number;
  readonly queued: number;
  /** Statements that SQLite refused (disk full, read-only, locked beyond the busy timeout). */
  readonly failed: number;
  close(timeoutMs: number): Promise<void>;
}

/** The embedded store: one file, one main-thread connection, one writer thread. */
export interface Store {
  readonly database: Database;
  readonly writer: DatabaseWriter;
  /** Where a corrupt file was moved at opening, if it was. */
  readonly setAside: string | undefined;
  /** Deletes rows older than their tables' retention, in the writer, in small steps. */
  cleanUp(nowMs: number): void;
  close(timeoutMs?: number): Promise<void>;
}

/** A table whose old rows are deleted. */
export interface Retention {
  readonly table: string;
  /** Column with milliseconds since the epoch. */
  readonly timeColumn: string;
  /** How long rows are kept, milliseconds. Default of every caller: 30 days. */
  readonly keepMs: number;
}
