// The program of a thread that holds one SQLite connection.
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { Numbered, SqliteValue, ThreadAnswer, ThreadRequest, ThreadSettings } from "./sqlite-protocol.ts";

const settings = workerData as ThreadSettings;
/** The texts in a program are few; those built at run time are not. */
const mostStatements = 256;

const statements = new Map<string, StatementSync>();
let connection: DatabaseSync | undefined;
let cursor: Iterator<Record<string, unknown>> | undefined;

function opened(): DatabaseSync {
  if (connection) return connection;
  const { path, readOnly, busyTimeoutMs } = settings;
  const fresh = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    fresh.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
    if (readOnly) fresh.exec("PRAGMA query_only = ON");
  } catch (error) {
    fresh.close();
    throw error;
  }
  connection = fresh;
  return fresh;
}

function prepared(sql: string): StatementSync {
  const known = statements.get(sql);
  if (known) return known;
  const statement = opened().prepare(sql);
  if (statements.size >= mostStatements) statements.delete(statements.keys().next().value as string);
  statements.set(sql, statement);
  return statement;
}

function named(values: readonly SqliteValue[]): Record<string, SqliteValue> {
  return Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value]));
}

function take(rows: Iterator<Record<string, unknown>>, most: number, id: number): object[] {
  const taken: object[] = [];
  while (taken.length < most) {
    if (Atomics.load(settings.stop, 0) === id) {
      rows.return?.();
      throw new Error("stopped on request");
    }
    const { value, done } = rows.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

function perform(request: ThreadRequest, id: number): Omit<ThreadAnswer, "id"> {
  switch (request.type) {
    case "check":
      opened();
      return {};
    case "run": {
      const statement = prepared(request.sql);
      if (statement.columns().length === 0) return { changes: Number(statement.run(named(request.values)).changes) };
      try {
        return { rows: take(statement.iterate(named(request.values)), Number.POSITIVE_INFINITY, id) };
      } catch (error) {
        // `iterate` does not reset a statement that failed, and its next use would throw the same error again.
        statements.delete(request.sql);
        throw error;
      }
    }
    case "open":
      // Not from the cache: a statement that is being read must not be run again under its reader.
      cursor = opened().prepare(request.sql).iterate(named(request.values));
      return {};
    case "next":
      return { rows: cursor ? take(cursor, request.most, id) : [] };
    case "close":
      cursor?.return?.();
      cursor = undefined;
      return {};
    case "rollback":
      // SQLite itself rolls back when, for example, the disk is full.
      if (connection?.isTransaction) connection.exec("ROLLBACK");
      return {};
    default:
      return request satisfies never;
  }
}

parentPort?.on("message", ({ id, request }: Numbered) => {
  let answer: ThreadAnswer;
  try {
    answer = { id, ...perform(request, id) };
  } catch (thrown) {
    const error = thrown as Error & { errcode?: number; code?: string };
    answer = { id, failure: { message: error.message, errcode: error.errcode, code: error.code } };
  }
  parentPort?.postMessage(answer);
});
