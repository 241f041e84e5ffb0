import { DatabaseSync, type StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { isBusy } from "./sqlite-code.ts";

export interface ConnectionOptions {
  readonly busyTimeoutMs: number;
  /** Pages of write-ahead log after which a commit of this connection copies them into the database file. */
  readonly checkpointPages: number;
}

/** SQLite's connection with the settings that every connection to the file shares. */
export function openConnection(path: string, options: ConnectionOptions): DatabaseSync {
  const connection = new DatabaseSync(path, { timeout: options.busyTimeoutMs });
  try {
    if (path !== ":memory:") switchToWal(connection, options.busyTimeoutMs);
    // NORMAL in WAL: a crash of the process loses nothing; a power failure may lose the last commits, never the file.
    connection.exec(
      `PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${options.checkpointPages}; PRAGMA journal_size_limit = 67108864`,
    );
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * Opens a file that may only be read and that no process is writing: in WAL mode SQLite must otherwise create a
 * `-shm` file beside it, which a read-only folder refuses.
 */
export function openImmutable(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  const connection = new DatabaseSync(url, { readOnly: true });
  try {
    connection.prepare("SELECT count(*) FROM sqlite_schema").get();
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The switch needs the file alone for a moment, and SQLite does not apply the busy timeout to all of it. */
function switchToWal(connection: DatabaseSync, patienceMs: number): void {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      connection.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      pause(5);
    }
  }
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the calling thread. For the writer thread, and for the moments of opening. */
export function pause(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}

/** Prepared statements by their text, at most 256: the texts in a program are few, those built at run time are not. */
export function statementCache(connection: DatabaseSync, most = 256): (sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = connection.prepare(sql);
    if (statements.size >= most) statements.delete(statements.keys().next().value as string);
    statements.set(sql, statement);
    return statement;
  };
}
