import type { SqlValue } from "../types.ts";

/** One statement on its way to the database. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** What became of a batch. */
export interface BatchResult {
  /** Leading statements that are finished with, the failed ones among them. Fewer than sent: the lock was held. */
  readonly done: number;
  readonly failed: number;
  /** Rows that the last finished statement changed. */
  readonly changes: number;
  /** The first failure, as far as it crosses threads. */
  readonly error?: { readonly message: string; readonly errcode: number | undefined };
}

const bytesPerStatement = 64;

/**
 * The statement as it may wait and cross threads, and its size in bytes; undefined when SQLite could not store a
 * value of it.
 */
export function prepareStatement(
  sql: string,
  values: readonly SqlValue[],
): { statement: Statement; bytes: number } | undefined {
  let bytes = bytesPerStatement;
  let copied: SqlValue[] | undefined;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    bytes += 8;
    if (typeof value === "string") bytes += value.length * 2;
    else if (value instanceof Uint8Array) {
      bytes += value.byteLength;
      // A thread's message carries the whole memory behind a view, which for a small Buffer is Node's shared pool.
      if (value.byteLength !== value.buffer.byteLength) {
        copied ??= values.slice();
        copied[index] = new Uint8Array(value);
      }
    } else if (value !== null && typeof value !== "number" && typeof value !== "bigint") return undefined;
  }
  return { statement: { sql, values: copied ?? values }, bytes };
}
