import { FlyballError, type FlyballErrorOptions } from "@flyball/core";

/** Codes of what database work can end in. Deadlines and signals give the core's `TimeoutError` and `CancelledError`. */
export type DatabaseErrorCode =
  | "database_unreachable"
  | "database_connection_lost"
  | "database_too_many_connections"
  | "database_unauthorized"
  | "database_overloaded"
  | "database_constraint"
  | "database_conflict"
  | "database_read_only"
  | "database_value_refused"
  | "database_refused"
  | "database_transaction_ended"
  | "database_closed"
  | "batch_mismatch";

export interface DatabaseErrorOptions extends FlyballErrorOptions {
  /** The engine's own code: an SQLSTATE of PostgreSQL, or SQLite's extended result code as text. */
  readonly engineCode?: string | undefined;
  /** The constraint that a row would break, where the engine names it. */
  readonly constraint?: string | undefined;
}

/**
 * What database work throws. Messages name tables, columns and constraints, never values; what the engine itself said
 * is the `cause`.
 */
export class DatabaseError extends FlyballError {
  declare readonly code: DatabaseErrorCode;
  readonly engineCode: string | undefined;
  readonly constraint: string | undefined;

  constructor(code: DatabaseErrorCode, message: string, options: DatabaseErrorOptions = {}) {
    super(code, message, options);
    this.engineCode = options.engineCode;
    this.constraint = options.constraint;
  }

  /** Whether the same work may well succeed a moment later, and nothing of it is stored now. */
  get retryable(): boolean {
    return retryable.has(this.code);
  }
}

const retryable: ReadonlySet<DatabaseErrorCode> = new Set([
  "database_unreachable",
  "database_too_many_connections",
  "database_overloaded",
  "database_conflict",
]);

/** Whether the error is about the way to the server, not about what was asked of it. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof DatabaseError && unavailable.has(error.code);
}

const unavailable: ReadonlySet<DatabaseErrorCode> = new Set([
  "database_unreachable",
  "database_connection_lost",
  "database_too_many_connections",
  "database_overloaded",
  "database_closed",
]);
