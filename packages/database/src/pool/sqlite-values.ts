import { DatabaseError } from "../errors.ts";
import type { QueryValue } from "../types.ts";
import type { SqliteValue } from "./sqlite-protocol.ts";

/** As SQLite stores it. */
export function toSqlite(value: QueryValue): SqliteValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return JSON.stringify(value);
  return value as SqliteValue;
}

const mostKnown = 256;
const counts = new Map<string, number>();
// Quoted text is passed over: a "$5" in it is no parameter.
const parameters = /'(?:[^']|'')*'|"[^"]*"|\$(\d+)/g;

/**
 * SQLite binds NULL to a parameter that got no value, which turns a forgotten value into wrong data; PostgreSQL
 * refuses. So does this.
 */
export function checkParameters(sql: string, values: readonly QueryValue[]): void {
  let most = counts.get(sql);
  if (most === undefined) {
    most = 0;
    for (const match of sql.matchAll(parameters)) most = Math.max(most, Number(match[1] ?? 0));
    if (counts.size >= mostKnown) counts.delete(counts.keys().next().value as string);
    counts.set(sql, most);
  }
  if (most === values.length) return;
  throw new DatabaseError(
    "database_value_refused",
    `The statement has ${most} parameters and got ${values.length} values`,
  );
}
