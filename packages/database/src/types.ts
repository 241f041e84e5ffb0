import type { Clock } from "@flyball/core";
import type { Telemetry } from "@flyball/telemetry";

export type Engine = "postgres" | "sqlite";

/**
 * A value bound to `$1`, `$2`, … SQLite keeps booleans as 0 and 1, dates as ISO 8601 text and lists as JSON text;
 * PostgreSQL gets each as its own type.
 */
export type QueryValue = string | number | bigint | boolean | null | Date | Uint8Array | readonly QueryValue[];

export interface QueryOptions {
  /**
   * Names the operation in metrics and spans: a few words of the program, never made from data. Default the
   * statement's first word: `select`, `insert`, …
   */
  readonly name?: string;
  /** Longest wait for the answer, a connection included, milliseconds. Default the pool's. */
  readonly timeoutMs?: number;
  /** Gives up, and asks the engine to stop what it began. */
  readonly signal?: AbortSignal;
}

export interface ReadOptions extends QueryOptions {
  /** Must see everything that is committed: no replica answers. Default false. */
  readonly fresh?: boolean;
}

export interface StreamOptions extends ReadOptions {
  /** Rows fetched at a time. Default 500. */
  readonly batchRows?: number;
}

export interface TransactionOptions extends QueryOptions {
  /** PostgreSQL's isolation. Default the server's, mostly read committed. SQLite's transactions are always serializable. */
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
}

export interface QueryResult<Row extends object = Record<string, unknown>> {
  readonly rows: Row[];
  /** Rows that were changed, or read. */
  readonly rowCount: number;
}

/**
 * What statements are sent to. Both engines take `$1`, `$2`, … in SQL, and one statement at a time. Rejects with a DatabaseError, a TimeoutError
 * or a CancelledError.
 */
export interface Queryable {
  readonly engine: Engine;
  /** Rows, possibly from a replica: the statement must not write. */
  read<Row extends object = Record<string, unknown>>(
    sql: string,
    values?: readonly QueryValue[],
    options?: ReadOptions,
  ): Promise<Row[]>;
  /** Anything, from the primary: writes, and reads that must see the latest, such as `SELECT … FOR UPDATE`. */
  write<Row extends object = Record<string, unknown>>(
    sql: string,
    values?: readonly QueryValue[],
    options?: QueryOptions,
  ): Promise<QueryResult<Row>>;
  /**
   * Runs `work` in a transaction: commits when it resolves, rolls back when it rejects. Inside a transaction it is a
   * savepoint. The first statement that runs out of time or is cancelled ends the whole transaction.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

/** Statements inside a transaction, one after another on one connection. Refused after its end. */
export interface Transaction extends Queryable {
  /** Aborted when the transaction is given up: for the other things that `work` waits for. */
  readonly signal: AbortSignal;
}

/** Connections to one database, at most so many, shared by all callers. */
export interface Pool extends Queryable {
  /** `primary`, `replica-1`, …: the label `source` of what is measured. */
  readonly name: string;
  /** Which database this is, without credentials. */
  readonly identity: string;
  /**
   * Rows as they are needed, on one connection that stays taken until the loop ends; `break` ends it. `timeoutMs` is
   * the longest wait for the next batch, not for the whole.
   */
  stream<Row extends object = Record<string, unknown>>(
    sql: string,
    values?: readonly QueryValue[],
    options?: StreamOptions,
  ): AsyncIterableIterator<Row>;
  stats(): PoolStats;
  /** Refuses what is new, waits for what is under way up to `timeoutMs` (default 2,000) and closes the connections. */
  close(timeoutMs?: number): Promise<void>;
}

export interface PoolStats {
  /** Connections at work now, and the most there may be. */
  readonly inUse: number;
  readonly most: number;
  /** Callers waiting for a connection now. */
  readonly waiting: number;
  /** Callers refused since the start because too many waited or they waited too long. */
  readonly refused: number;
  /** Operations given up since the start, by deadline or by signal. */
  readonly interrupted: number;
}

/** What every pool takes. */
export interface PoolOptions {
  /** Label `source` of what is measured. Default `primary`. */
  readonly name?: string;
  /** Longest wait for an answer, milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** Longest time that a transaction may take, milliseconds. Default 30,000. */
  readonly transactionTimeoutMs?: number;
  /** Longest wait for a connection to be free or made, milliseconds. Default 2,000. */
  readonly acquireTimeoutMs?: number;
  /** Most callers that wait for a connection; further ones are refused at once. Default 1,000. */
  readonly queueMost?: number;
  /** Where operations are recorded. Default nowhere. */
  readonly telemetry?: Telemetry;
  readonly clock?: Clock;
}
