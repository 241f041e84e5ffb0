import { createHash } from "node:crypto";
import type { QueryValue } from "../types.ts";

/** One key for one statement with its values on one database: equal only when all three are. */
export function queryKey(identity: string, sql: string, values: readonly QueryValue[]): string {
  const text = JSON.stringify([identity, sql, values.map(tagged)]);
  return `database:${createHash("sha256").update(text).digest("base64url")}`;
}

/** JSON would make one text of different values: a date and its text, 1n and nothing at all, NaN and null. */
function tagged(value: QueryValue): unknown {
  if (typeof value === "bigint") return { bigint: String(value) };
  if (typeof value === "number" && !Number.isFinite(value)) return { number: String(value) };
  if (value instanceof Date) return { date: value.getTime() };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
  return Array.isArray(value) ? { list: value.map(tagged) } : value;
}
