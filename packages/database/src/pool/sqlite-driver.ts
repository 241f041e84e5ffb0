import type { Driver } from "./driver.ts";
import { type SqliteThread, startSqliteThread } from "./sqlite-thread.ts";

export interface SqliteDriverSetup {
  readonly path: string;
  readonly readOnly: boolean;
  readonly busyTimeoutMs: number;
}

/** Threads with one connection each, started when they are first needed and kept. */
export function sqliteDriver(setup: SqliteDriverSetup): Driver {
  const idle: SqliteThread[] = [];
  const all = new Set<SqliteThread>();
  let closed = false;

  function drop(thread: SqliteThread): Promise<void> {
    all.delete(thread);
    return thread.terminate();
  }

  return {
    engine: "sqlite",
    identity: setup.path,
    // Immediate: a transaction that reads first and writes later could otherwise find the file changed and fail.
    begin: () => "BEGIN IMMEDIATE",
    async connect() {
      const known = idle.pop();
      if (known && !known.broken) return known;
      if (known) await drop(known);
      const thread = startSqliteThread(setup);
      all.add(thread);
      try {
        await thread.ready();
        return thread;
      } catch (error) {
        await drop(thread);
        throw error;
      }
    },
    release(connection) {
      const thread = connection as SqliteThread;
      // An interrupted statement has ended by now, and nothing of the interruption stays behind.
      if (!thread.broken && !closed) idle.push(thread);
      else void drop(thread);
    },
    async close() {
      closed = true;
      await Promise.all(idle.splice(0).map(drop));
    },
  };
}
