import type { Clock, FailureLog, Timer } from "@flyball/core";
import { StorageError } from "../errors.ts";
import type { Database } from "../types.ts";
import { type Listener, subscribers } from "./subscribers.ts";

/** Messages between processes as rows of a table, read by whoever subscribes, soon forgotten. */
export interface MessageLog {
  publish(channel: string, message: string): void;
  subscribe(channel: string, listener: Listener): () => void;
  stop(): void;
}

const keepMs = 60_000;
const keepMessages = 10_000;
const publishesPerTrim = 64;
const readAtOnce = 500;
/** Milliseconds between two looks at the file: short for a while after a message, since messages come in company. */
const idlePollMs = 20;
const busyPollMs = 5;
const busyPolls = 20;

export function messageLog(database: Database, clock: Clock, failures: FailureLog): MessageLog {
  const listeners = subscribers(failures);
  let cursor = 0;
  let published = 0;
  let quickPolls = 0;
  let delivering = false;
  let timer: Timer | undefined;

  function deliver(): void {
    if (!timer) return;
    // A listener that publishes comes back here; answering it on the spot could go on for ever.
    if (delivering) return void setImmediate(deliverSafely);
    delivering = true;
    try {
      for (;;) {
        const rows = database.all<{ id: number; channel: string; message: string }>(
          "SELECT id, channel, message FROM coordinator_messages WHERE id > ? ORDER BY id LIMIT ?",
          cursor,
          readAtOnce,
        );
        for (const { id, channel, message } of rows) {
          cursor = id;
          listeners.dispatch(channel, message);
        }
        if (rows.length > 0) quickPolls = busyPolls;
        if (rows.length < readAtOnce) return;
      }
    } finally {
      delivering = false;
    }
  }

  function deliverSafely(): void {
    try {
      deliver();
    } catch (error) {
      failures.report("coordinator messages", error);
      if (error instanceof StorageError && error.code === "storage_closed") stop();
    }
  }

  function poll(): void {
    timer = clock.after(quickPolls > 0 ? busyPollMs : idlePollMs, () => {
      if (quickPolls > 0) quickPolls--;
      deliverSafely();
      if (timer) poll();
    });
  }

  function trim(now: number, lastId: number): void {
    database.run("DELETE FROM coordinator_messages WHERE id <= ?", lastId - keepMessages);
    database.run("DELETE FROM coordinator_messages WHERE at < ?", now - keepMs);
  }

  function stop(): void {
    timer?.cancel();
    timer = undefined;
    listeners.clear();
  }

  return {
    publish(channel, message) {
      const now = clock.now();
      database.transaction(() => {
        const row = database.get<{ id: number }>(
          "INSERT INTO coordinator_messages(channel, message, at) VALUES (?, ?, ?) RETURNING id",
          channel,
          message,
          now,
        );
        if (published++ % publishesPerTrim === 0) trim(now, row?.id ?? 0);
      });
      deliverSafely();
    },
    subscribe(channel, listener) {
      if (listeners.channels().length > 0) deliver();
      else {
        const row = database.get<{ seq: number }>(
          "SELECT seq FROM sqlite_sequence WHERE name = 'coordinator_messages'",
        );
        cursor = row?.seq ?? 0;
        poll();
      }
      const remove = listeners.add(channel, listener);
      return () => {
        remove();
        if (listeners.channels().length === 0) stop();
      };
    },
    stop,
  };
}
