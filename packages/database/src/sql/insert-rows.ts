import { ConfigurationError } from "@flyball/core";
import type { QueryValue } from "../types.ts";
import { quoted } from "./identifier.ts";

export interface InsertRowsOptions<Column extends string> {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Readonly<Record<Column, QueryValue>>[];
  /** What follows the values: `ON CONFLICT …`, `RETURNING …`. Code, never data. */
  readonly suffix?: string;
}

/** One `INSERT` of many rows, for both engines. @throws ConfigurationError */
export function insertRows<Column extends string>(
  options: InsertRowsOptions<Column>,
): { readonly sql: string; readonly values: QueryValue[] } {
  const { table, columns, rows, suffix } = options;
  const count = rows.length * columns.length;
  // SQLite's limit; PostgreSQL's is 65,535.
  if (count === 0 || count > 32_766) {
    throw new ConfigurationError("insertRows", `${rows.length} rows × ${columns.length} columns`, "1 to 32,766 values");
  }
  const tuples = rows.map(
    (_, row) => `(${columns.map((_, column) => `$${row * columns.length + column + 1}`).join(", ")})`,
  );
  const sql = `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(", ")}) VALUES ${tuples.join(", ")}`;
  return {
    sql: suffix === undefined ? sql : `${sql} ${suffix}`,
    values: rows.flatMap((row) => columns.map((column) => row[column])),
  };
}
