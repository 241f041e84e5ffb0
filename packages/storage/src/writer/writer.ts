import { boundedQueue, type Clock, type FailureLog, withDeadline } from "@flyball/core";
import { keepingAlive } from "../keep-alive.ts";
import type { DatabaseWriter, SqlValue, WriterLimits } from "../types.ts";
import { type BatchResult, prepareStatement, type Statement } from "./statement.ts";
import type { WriteTarget } from "./target.ts";

export interface WriterOptions extends WriterLimits {
  readonly target: WriteTarget;
  readonly clock: Clock;
  readonly failures: FailureLog;
  /** Told of the first error of each batch that had one. */
  readonly onError?: (error: NonNullable<BatchResult["error"]>) => void;
}

/** A writer that also says how many rows a statement changed, for deletions in steps. */
export interface TrackingWriter extends DatabaseWriter {
  /** Queues one statement; resolves with the rows it changed, 0 when it failed, undefined when it was dropped. */
  execute(sql: string, values: readonly SqlValue[]): Promise<number | undefined>;
}

interface Item {
  readonly statement: Statement;
  readonly bytes: number;
  readonly onDone?: (changes: number | undefined) => void;
}

const batchSize = 256;
const retryLockedMs = 50;

/**
 * The queue before a target: one batch is out at a time, the next leaves when it is answered, so what waits is
 * bounded by the queue alone, however long the target is stuck.
 */
export function databaseWriter(options: WriterOptions): TrackingWriter {
  const {
    target,
    clock,
    failures,
    onError,
    queueStatements = 10_000,
    queueBytes = 32 * 2 ** 20,
    lingerMs = 20,
  } = options;
  const queue = boundedQueue<Item>(queueStatements);
  /** The batch that is out, or waits to be sent again. */
  let out: Item[] = [];
  let bytes = 0;
  let accepted = 0;
  let failed = 0;
  let lost = 0;
  let sending = false;
  let scheduled = false;
  let closed: Promise<void> | undefined;
  let flushes: { readonly upTo: number; readonly resolve: () => void }[] = [];

  const queued = (): number => queue.size + out.length;

  function enqueue(sql: string, values: readonly SqlValue[], onDone?: Item["onDone"]): boolean {
    const ready = prepareStatement(sql, values);
    if (!ready) {
      failed++;
      failures.report("database write", new TypeError(`a value that SQLite cannot store was given to: ${sql}`));
      return false;
    }
    if (closed || bytes + ready.bytes > queueBytes) {
      lost++;
      return false;
    }
    if (!queue.push(onDone ? { ...ready, onDone } : ready)) return false;
    bytes += ready.bytes;
    accepted++;
    if (sending) return true;
    if (queue.size >= batchSize) pump();
    else if (!scheduled) schedule();
    return true;
  }

  function schedule(): void {
    scheduled = true;
    clock.after(lingerMs, pump);
  }

  function pump(): void {
    scheduled = false;
    if (sending) return;
    if (out.length === 0) out = queue.take(batchSize);
    if (out.length === 0) return;
    sending = true;
    // An answer about rows is about the last statement of a batch, so a statement that asks for them ends it.
    const asking = out.findIndex((item) => item.onDone);
    const batch = asking < 0 ? out : out.slice(0, asking + 1);
    void target.apply(batch.map((item) => item.statement)).then((result) => settle(result, batch.length));
  }

  function settle(result: BatchResult | "lost" | "gone", sent: number): void {
    sending = false;
    if (result === "gone") {
      lost += giveUp();
    } else if (result === "lost") {
      failed += finish(sent);
    } else {
      failed += result.failed;
      if (result.error) {
        failures.report(`database write: ${result.error.message}`, new Error(result.error.message));
        onError?.(result.error);
      }
      finish(result.done, result.changes);
    }
    const locked = typeof result === "object" && result.done === 0;
    if (locked) retry();
    else if (queued() > 0) pump();
  }

  /** Takes the first `count` of the batch that was out off the books; `changes` is about the last of them. */
  function finish(count: number, changes?: number): number {
    const finished = out.slice(0, count);
    out = out.slice(count);
    for (const [index, item] of finished.entries()) {
      bytes -= item.bytes;
      item.onDone?.(index === count - 1 ? changes : undefined);
    }
    const settled = accepted - queued();
    for (const flush of flushes) if (flush.upTo <= settled) flush.resolve();
    return finished.length;
  }

  function giveUp(): number {
    out = [...out, ...queue.take(queue.size)];
    return finish(out.length);
  }

  function retry(): void {
    failures.report(
      "database write: locked by another process",
      new Error("kept and tried again until the lock is free"),
    );
    scheduled = true;
    clock.after(retryLockedMs, pump);
  }

  function flush(timeoutMs: number): Promise<void> {
    if (queued() === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = { upTo: accepted, resolve };
    flushes.push(waiting);
    pump();
    return keepingAlive(withDeadline(promise, timeoutMs, "flushing the database writer", clock)).finally(() => {
      flushes = flushes.filter((flush) => flush !== waiting);
    });
  }

  async function shut(timeoutMs: number): Promise<void> {
    const start = clock.monotonic();
    await flush(timeoutMs).catch((error) => failures.report("database write: closing", error));
    lost += giveUp();
    await target.stop(Math.max(50, timeoutMs - (clock.monotonic() - start)));
  }

  return {
    write: (sql, values) => enqueue(sql, values),
    execute: (sql, values) =>
      new Promise((resolve) => {
        if (!enqueue(sql, values, resolve)) resolve(undefined);
      }),
    flush,
    get dropped() {
      return queue.dropped + lost;
    },
    get queued() {
      return queued();
    },
    get failed() {
      return failed;
    },
    close(timeoutMs) {
      closed ??= shut(timeoutMs);
      return closed;
    },
  };
}
