import { DatabaseError, type DatabaseErrorCode } from "../errors.ts";
import type { ThreadFailure } from "./sqlite-protocol.ts";

/** By SQLite's primary result code: https://sqlite.org/rescode.html */
const byCode: Readonly<Record<number, readonly [code: DatabaseErrorCode, sentence: string]>> = {
  5: ["database_conflict", "stayed locked by another connection beyond the timeout"],
  6: ["database_conflict", "has a table locked by another statement"],
  8: ["database_read_only", "takes no writes here: use `write`, and check who owns the file"],
  14: ["database_unreachable", "cannot be opened: check that its folder exists and may be written"],
  19: ["database_constraint", "refused a row that breaks a constraint"],
  20: ["database_value_refused", "refused a value of another type"],
};

/** What the thread's failure means. Constraint messages of SQLite name columns, not values. */
export function toSqliteError({ message, errcode, code }: ThreadFailure, path: string): DatabaseError {
  const cause = new Error(message);
  if (code === "ERR_OUT_OF_RANGE") {
    const what = `SQLite database ${path} holds an integer beyond 2^53: select it as text (CAST … AS TEXT)`;
    return new DatabaseError("database_value_refused", what, { subject: path, cause });
  }
  // The low byte is the primary code; the rest only refines it.
  const known = errcode === undefined ? undefined : byCode[errcode & 0xff];
  const sentence = known ? `${known[1]} (${message})` : `refused: ${message}`;
  return new DatabaseError(known?.[0] ?? "database_refused", `SQLite database ${path} ${sentence}`, {
    subject: path,
    engineCode: errcode === undefined ? code : String(errcode),
    cause,
  });
}
