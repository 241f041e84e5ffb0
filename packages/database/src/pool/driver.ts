import type { Engine, QueryResult, QueryValue } from "../types.ts";

/** Rows of one statement, fetched bit by bit. */
export interface Cursor {
  /** The next rows, at most `most`; none at the end. */
  next(most: number): Promise<object[]>;
  /** Lets go of it. `interrupted`: the connection was asked to stop. Never rejects. */
  close(interrupted: boolean): Promise<void>;
}

/** One connection. It is asked one thing at a time, and rejects with errors that have a code and no values. */
export interface Connection {
  run(sql: string, values: readonly QueryValue[]): Promise<QueryResult>;
  open(sql: string, values: readonly QueryValue[]): Promise<Cursor>;
  /** Asks the engine to stop what runs, so that it settles soon. Never throws. */
  interrupt(): void;
  /** Commits; rejects when the engine rolled back instead. */
  commit(): Promise<void>;
  /** Undoes the open transaction, also one whose statement was interrupted. Never rejects. */
  rollback(interrupted: boolean): Promise<void>;
}

/** Makes and keeps connections. How many there are at once is not its business: the lane sees to that. */
export interface Driver {
  readonly engine: Engine;
  readonly identity: string;
  /** How a transaction begins. */
  begin(isolation: string | undefined): string;
  /** An idle connection, or a new one. */
  connect(): Promise<Connection>;
  /**
   * Takes a connection back, to keep it or to drop it, and is done when its place may be given to the next.
   * `interrupted`: it was asked to stop. Never fails.
   */
  release(connection: Connection, interrupted: boolean): void | Promise<void>;
  /** Closes idle connections now and the others when they come back. */
  close(): Promise<void>;
}
