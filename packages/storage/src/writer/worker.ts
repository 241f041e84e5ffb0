// The writer thread: stores the batches it is sent and answers each with what became of it. It imports nothing but
// Node's own modules and files beside it, so it starts quickly and needs no resolution of packages.
import type { DatabaseSync } from "node:sqlite";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { openConnection, pause } from "../connection.ts";
import { isBusy } from "../sqlite-code.ts";
import { batchApplier } from "./apply-batch.ts";
import type { BatchResult } from "./statement.ts";
import type { WorkerRequest, WorkerSettings } from "./worker-protocol.ts";

const settings = workerData as WorkerSettings;
const port = parentPort as MessagePort;
const checkpointPages = 1000;
const longLogPages = 4000;

type Apply = ReturnType<typeof batchApplier>;
let opened: { readonly connection: DatabaseSync; readonly apply: Apply } | undefined;

function open(): { readonly connection: DatabaseSync; readonly apply: Apply } {
  const connection = openConnection(settings.path, { busyTimeoutMs: settings.busyTimeoutMs, checkpointPages });
  // As long off the lock as on it, so that another process that polls for it finds it free every other time.
  return { connection, apply: batchApplier(connection, (heldMs) => pause(Math.max(1, heldMs))) };
}

function apply(batch: Extract<WorkerRequest, { type: "batch" }>["statements"]): BatchResult {
  try {
    opened ??= open();
  } catch (error) {
    if (isBusy(error)) return { done: 0, failed: 0, changes: 0 };
    // The next batch tries again: a folder may come back.
    const message = error instanceof Error ? error.message : String(error);
    return {
      done: batch.length,
      failed: batch.length,
      changes: 0,
      error: { message, errcode: (error as { errcode?: number }).errcode },
    };
  }
  return opened.apply(batch);
}

/**
 * Copies the log into the file beside writers at work. A log whose writers never pause is never copied to its end and
 * so never begins anew; once it is long, the little that is left is copied with the lock held, if nobody has it.
 */
function checkpoint(): void {
  try {
    opened ??= open();
    const { connection } = opened;
    const { log } = connection.prepare("PRAGMA wal_checkpoint(PASSIVE)").get() as { log: number };
    if (log < longLogPages) return;
    connection.exec("PRAGMA busy_timeout = 0");
    connection.exec("PRAGMA wal_checkpoint(RESTART)");
  } catch {
    // The log stays; the next time tries again.
  } finally {
    opened?.connection.exec(`PRAGMA busy_timeout = ${settings.busyTimeoutMs}`);
  }
}

port.on("message", (request: WorkerRequest) => {
  switch (request.type) {
    case "batch":
      port.postMessage(apply(request.statements));
      return;
    case "checkpoint":
      checkpoint();
      return;
    case "close":
      opened?.connection.close();
      port.close();
  }
});
