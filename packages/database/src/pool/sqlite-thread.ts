import { Worker } from "node:worker_threads";
import { DatabaseError } from "../errors.ts";
import type { QueryValue } from "../types.ts";
import type { Connection } from "./driver.ts";
import { toSqliteError } from "./sqlite-errors.ts";
import type { Numbered, ThreadAnswer, ThreadRequest, ThreadSettings } from "./sqlite-protocol.ts";
import { checkStatement, toSqlite } from "./sqlite-values.ts";

// Run from source the file beside this one ends in .ts, built it ends in .js.
const workerFile: URL = import.meta.url.endsWith(".ts")
  ? new URL("./sqlite-worker.ts", import.meta.url)
  : new URL("./sqlite-worker.js", import.meta.url);

/** A SQLite connection on a thread of its own: `node:sqlite` is synchronous, and a long query must not stop the service. */
export interface SqliteThread extends Connection {
  readonly broken: boolean;
  /** Resolves when the file is open. */
  ready(): Promise<void>;
  terminate(): Promise<void>;
}

interface Waiting {
  resolve(answer: ThreadAnswer): void;
  reject(error: Error): void;
}

export function startSqliteThread(settings: Omit<ThreadSettings, "stop">): SqliteThread {
  const { path } = settings;
  const stop = new Int32Array(new SharedArrayBuffer(4));
  // Without the host's flags and environment: an `--import` of theirs is not meant for this thread.
  const worker = new Worker(workerFile, {
    name: "flyball-database",
    workerData: { ...settings, stop } satisfies ThreadSettings,
    execArgv: [],
    env: {},
  });
  const waiting = new Map<number, Waiting>();
  let broken = false;
  let lastId = 0;

  worker.on("message", (answer: ThreadAnswer) => {
    const entry = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
    if (answer.failure) entry?.reject(toSqliteError(answer.failure, path));
    else entry?.resolve(answer);
  });
  // The exit that follows tells who waits.
  worker.on("error", () => {});
  worker.on("exit", () => {
    broken = true;
    for (const { reject } of waiting.values()) reject(lostError());
    waiting.clear();
  });
  // After the listeners: adding one for messages would hold the process again.
  worker.unref();

  function lostError(): DatabaseError {
    return new DatabaseError("database_connection_lost", `The thread that held SQLite database ${path} ended`, {
      subject: path,
    });
  }

  function ask(request: ThreadRequest): Promise<ThreadAnswer> {
    if (broken) return Promise.reject(lostError());
    return new Promise((resolve, reject) => {
      // An answer that is awaited holds the process, an idle thread does not.
      worker.ref();
      lastId = (lastId % 0x7fffffff) + 1;
      waiting.set(lastId, { resolve, reject });
      worker.postMessage({ id: lastId, request } satisfies Numbered);
    });
  }

  async function statement(type: "run" | "open", sql: string, values: readonly QueryValue[]): Promise<ThreadAnswer> {
    checkStatement(sql, values);
    return await ask({ type, sql, values: values.map(toSqlite) });
  }

  return {
    get broken() {
      return broken;
    },
    async ready() {
      await ask({ type: "check" });
    },
    async run(sql, values) {
      const { rows = [], changes } = await statement("run", sql, values);
      return { rows: rows as Record<string, unknown>[], rowCount: changes ?? rows.length };
    },
    async open(sql, values) {
      await statement("open", sql, values);
      return {
        next: async (most) => (await ask({ type: "next", most })).rows ?? [],
        close: async () => void (await ask({ type: "close" }).catch(() => {})),
      };
    },
    interrupt: () => void Atomics.store(stop, 0, lastId),
    async commit() {
      await ask({ type: "run", sql: "COMMIT", values: [] });
    },
    async rollback() {
      await ask({ type: "rollback" }).catch(() => {});
    },
    async terminate() {
      broken = true;
      await worker.terminate();
    },
  };
}
