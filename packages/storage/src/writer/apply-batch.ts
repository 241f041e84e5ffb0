import type { DatabaseSync } from "node:sqlite";
import { statementCache } from "../connection.ts";
import { isBusy } from "../sqlite-code.ts";
import type { BatchResult, Statement } from "./statement.ts";

/**
 * How long one transaction goes on taking statements, milliseconds. SQLite's lock is not fair and waiting for it
 * blocks the event loop of whoever does: with rows of 20 KB, whole batches in one transaction made the main thread
 * wait 20 ms at the 99th percentile, this and the rest in between 8 ms.
 */
const longestHoldMs = 2;

/**
 * Makes the function that stores batches in order, in as few transactions as `longestHoldMs` allows.
 * A statement that SQLite refuses is counted and loses only itself. While another connection holds the lock the
 * function returns early, and its result says how far it came.
 * @param rest waits between two transactions, so that other processes find the lock free.
 */
export function batchApplier(
  connection: DatabaseSync,
  rest: (ms: number) => void,
): (batch: readonly Statement[]) => BatchResult {
  const prepared = statementCache(connection);

  /** Stores one statement. Throws only when the lock is held by another. */
  function store(statement: Statement, tally: Tally): void {
    try {
      tally.changes = Number(prepared(statement.sql).run(...statement.values).changes);
    } catch (error) {
      if (!connection.isTransaction && isBusy(error)) throw error;
      tally.fail(error);
    }
  }

  /**
   * One transaction from `tally.done` on. Returns 0, or, when SQLite undid it as a whole as it does on a full disk,
   * how far it had come.
   */
  function together(batch: readonly Statement[], tally: Tally): number {
    const start = performance.now();
    const before = tally.copy();
    let next = tally.done;
    connection.exec("BEGIN IMMEDIATE");
    do {
      store(batch[next++] as Statement, tally);
    } while (connection.isTransaction && next < batch.length && performance.now() - start < longestHoldMs);
    try {
      connection.exec("COMMIT");
    } catch {
      if (connection.isTransaction) connection.exec("ROLLBACK");
      tally.restore(before);
      return next;
    }
    tally.done = next;
    if (next < batch.length) rest(performance.now() - start);
    return 0;
  }

  return (batch) => {
    const tally = new Tally();
    try {
      while (tally.done < batch.length) {
        const undone = together(batch, tally);
        // Each by itself: smaller transactions may still fit, and what cannot be stored is found and counted.
        for (; tally.done < undone; tally.done++) store(batch[tally.done] as Statement, tally);
      }
    } catch (error) {
      if (!isBusy(error)) for (; tally.done < batch.length; tally.done++) tally.fail(error);
    }
    return tally.result();
  };
}

class Tally {
  done = 0;
  failed = 0;
  changes = 0;
  error: BatchResult["error"];

  fail(error: unknown): void {
    this.failed++;
    this.changes = 0;
    this.error ??= {
      message: error instanceof Error ? error.message : String(error),
      errcode: (error as { errcode?: number }).errcode,
    };
  }

  copy(): Tally {
    return Object.assign(new Tally(), this);
  }

  restore(earlier: Tally): void {
    Object.assign(this, earlier);
  }

  result(): BatchResult {
    const { done, failed, changes, error } = this;
    return error ? { done, failed, changes, error } : { done, failed, changes };
  }
}
