import type { DatabaseSync } from "node:sqlite";
import { statementCache } from "./connection.ts";
import { StorageError, toStorageError } from "./errors.ts";
import type { Database, SqlValue } from "./types.ts";

export interface DatabaseHooks {
  /** Told of every error, before it is thrown. */
  readonly onError?: (error: Error) => void;
  /** Told after every write outside a transaction and after every transaction that was stored. */
  readonly onWrite?: () => void;
}

/** A Database over an open connection, which it closes. */
export function databaseOver(connection: DatabaseSync, path: string, hooks: DatabaseHooks = {}): Database {
  const prepared = statementCache(connection);
  const { onError, onWrite } = hooks;
  let depth = 0;

  function guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      const error = toStorageError(thrown, path);
      onError?.(error);
      throw error;
    }
  }

  function writing<T>(work: () => T): T {
    const value = guarded(work);
    if (depth === 0) onWrite?.();
    return value;
  }

  function attempt<T>(work: () => T, undo: string): T {
    depth++;
    try {
      const value = work();
      if (value instanceof Promise) {
        value.catch(() => {});
        throw new StorageError(
          "storage_async_transaction",
          "A transaction's work returned a promise; it must be synchronous, or it would commit before the work is done",
          { subject: path },
        );
      }
      return value;
    } catch (error) {
      // SQLite itself rolls back when, for example, the disk is full; a second rollback would hide that error.
      if (connection.isTransaction) connection.exec(undo);
      throw error;
    } finally {
      depth--;
    }
  }

  function nested<T>(work: () => T): T {
    const savepoint = `flyball_${depth}`;
    guarded(() => connection.exec(`SAVEPOINT ${savepoint}`));
    const value = attempt(work, `ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`);
    guarded(() => connection.exec(`RELEASE ${savepoint}`));
    return value;
  }

  function outermost<T>(work: () => T): T {
    guarded(() => prepared("BEGIN IMMEDIATE").run());
    const value = attempt(work, "ROLLBACK");
    guarded(commit);
    onWrite?.();
    return value;
  }

  function commit(): void {
    try {
      prepared("COMMIT").run();
    } catch (error) {
      if (connection.isTransaction) connection.exec("ROLLBACK");
      throw error;
    }
  }

  return {
    path,
    exec: (sql) => writing(() => connection.exec(sql)),
    run: (sql, ...values) => writing(() => ({ changes: Number(prepared(sql).run(...values).changes) })),
    get: <Row extends object>(sql: string, ...values: SqlValue[]) =>
      guarded(() => prepared(sql).get(...values) as Row | undefined),
    all: <Row extends object>(sql: string, ...values: SqlValue[]) =>
      guarded(() => prepared(sql).all(...values) as Row[]),
    transaction: (work) => (depth > 0 ? nested(work) : outermost(work)),
    close: () => {
      if (connection.isOpen) connection.close();
    },
  };
}
