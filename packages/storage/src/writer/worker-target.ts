import { Worker } from "node:worker_threads";
import { type Clock, type FailureLog, withDeadline } from "@flyball/core";
import { keepingAlive } from "../keep-alive.ts";
import type { BatchResult } from "./statement.ts";
import type { WriteTarget } from "./target.ts";
import type { WorkerRequest, WorkerSettings } from "./worker-protocol.ts";

// Run from source the file beside this one ends in .ts, built it ends in .js.
const workerFile: URL = import.meta.url.endsWith(".ts")
  ? new URL("./worker.ts", import.meta.url)
  : new URL("./worker.js", import.meta.url);

/** A thread that crashes again within this time of the crash before is given up. */
const crashLoopMs = 60_000;

export interface WorkerTargetOptions extends WorkerSettings {
  readonly clock: Clock;
  readonly failures: FailureLog;
  /** The thread's program; another one in tests. */
  readonly file?: URL;
}

/** Stores on a thread of its own, started by the first batch. It never keeps the process alive. */
export function workerTarget(options: WorkerTargetOptions): WriteTarget {
  const { path, busyTimeoutMs, clock, failures, file = workerFile } = options;
  let worker: Worker | undefined;
  let settle: ((result: BatchResult | "lost") => void) | undefined;
  let lastCrash: number | undefined;
  let gone = false;

  function started(): Worker {
    if (worker) return worker;
    const settings: WorkerSettings = { path, busyTimeoutMs };
    // Without the host's flags and environment: an `--import` of theirs is not meant for this thread.
    const fresh = new Worker(file, { name: "flyball-writer", workerData: settings, execArgv: [], env: {} });
    fresh.on("message", (result: BatchResult) => answer(result));
    fresh.on("error", (error) => failures.report("writer thread", error));
    fresh.on("exit", () => {
      if (worker === fresh) crashed();
    });
    // After the listeners: adding one for messages would hold the process again.
    fresh.unref();
    worker = fresh;
    return fresh;
  }

  function answer(result: BatchResult | "lost"): void {
    const waiting = settle;
    settle = undefined;
    waiting?.(result);
  }

  function crashed(): void {
    worker = undefined;
    const now = clock.monotonic();
    gone = lastCrash !== undefined && now - lastCrash < crashLoopMs;
    lastCrash = now;
    answer("lost");
  }

  function send(request: WorkerRequest): void {
    try {
      started().postMessage(request);
    } catch (error) {
      // No thread may be started here: Node's permission model, or no memory for another.
      failures.report("writer thread", error);
      crashed();
    }
  }

  return {
    apply(batch) {
      if (gone) return Promise.resolve("gone");
      return new Promise((resolve) => {
        settle = resolve;
        send({ type: "batch", statements: batch });
      });
    },
    checkpoint() {
      if (!gone) send({ type: "checkpoint" });
    },
    async stop(timeoutMs) {
      const ending = worker;
      worker = undefined;
      gone = true;
      answer("lost");
      if (!ending) return;
      const ended = new Promise<void>((resolve) => ending.once("exit", () => resolve()));
      ending.postMessage({ type: "close" } satisfies WorkerRequest);
      await keepingAlive(withDeadline(ended, timeoutMs, "closing the writer", clock)).catch(() => {
        // Not awaited: a thread inside SQLite ends when SQLite returns.
        void ending.terminate();
      });
    },
  };
}
