import { toError } from "@flyball/core";
import { DatabaseError, type DatabaseErrorCode } from "../errors.ts";

/** The fields of what the server said that are safe to repeat: they name things and hold no values. */
interface ServerError extends Error {
  readonly code: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const bySqlState: Readonly<Record<string, readonly [code: DatabaseErrorCode, sentence: string]>> = {
  "53300": [
    "database_too_many_connections",
    "has no connection left: lower `most`, raise max_connections or put a pooler in front",
  ],
  "57P01": ["database_connection_lost", "was shut down or ended the connection"],
  "57P02": ["database_connection_lost", "crashed and ended the connection"],
  "57P03": ["database_unreachable", "is starting up or shutting down"],
  "40001": ["database_conflict", "could not serialise the transaction: run it again"],
  "40P01": ["database_conflict", "broke a deadlock by refusing this transaction: run it again"],
  "55P03": ["database_conflict", "has the row or table locked by another transaction"],
  "08P01": ["database_value_refused", "got another number of values than the statement has parameters"],
  "25006": ["database_read_only", "takes no writes here: it is a replica or the transaction is read-only"],
};
const byClass: Readonly<Record<string, readonly [code: DatabaseErrorCode, sentence: string]>> = {
  "08": ["database_connection_lost", "broke the connection off"],
  "22": ["database_value_refused", "refused a value: see the cause"],
  "23": ["database_constraint", "refused a row that breaks a constraint"],
  "28": ["database_unauthorized", "refused the user or password"],
};

/** A statement was cancelled on request. */
export const queryCanceled = "57014";

export function sqlState(thrown: unknown): string | undefined {
  const code = thrown instanceof Error ? (thrown as { code?: unknown }).code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith("E") ? code : undefined;
}

/** What a statement on an open connection threw. */
export function toStatementError(thrown: unknown, identity: string): DatabaseError {
  return fromServer(thrown, identity) ?? lost(thrown, identity);
}

/** What connecting threw. */
export function toConnectError(thrown: unknown, identity: string): DatabaseError {
  const known = fromServer(thrown, identity);
  if (known) return known;
  const error = toError(thrown);
  const why = (error as { code?: string }).code ?? error.message;
  return new DatabaseError("database_unreachable", `PostgreSQL at ${identity} cannot be reached: ${why}`, {
    subject: identity,
    cause: error,
  });
}

function lost(thrown: unknown, identity: string): DatabaseError {
  return new DatabaseError(
    "database_connection_lost",
    `The connection to PostgreSQL at ${identity} broke while a statement was under way; a write may or may not be stored`,
    { subject: identity, cause: toError(thrown) },
  );
}

function fromServer(thrown: unknown, identity: string): DatabaseError | undefined {
  if (thrown instanceof DatabaseError) return thrown;
  const state = sqlState(thrown);
  if (state === undefined) return undefined;
  const error = thrown as ServerError;
  const known = bySqlState[state] ?? byClass[state.slice(0, 2)];
  const place = [error.table, error.column, error.constraint].filter(Boolean).join(", ");
  // The server's own words may quote values where values are what it refuses; elsewhere they name what was wrong.
  const why = known ? `${known[1]}${place && ` (${place})`}` : `refused: ${error.message}`;
  return new DatabaseError(known?.[0] ?? "database_refused", `PostgreSQL at ${identity} ${why} [${state}]`, {
    subject: identity,
    engineCode: state,
    constraint: error.constraint,
    cause: error,
  });
}
