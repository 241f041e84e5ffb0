import { type Clock, failureLog, type Logger, silentLogger, systemClock } from "@flyball/core";
import { DatabaseBusyError, StorageError } from "../errors.ts";
import { keepingAlive } from "../keep-alive.ts";
import { migrate } from "../migrate.ts";
import { openDatabase } from "../open-database.ts";
import type { Database, Store } from "../types.ts";
import { wholeStep, wholeTtl } from "./arguments.ts";
import { messageLog } from "./local-messages.ts";
import { claimSql, coordinatorMigrations, incrementSql } from "./local-schema.ts";
import type { Claim, Coordinator } from "./types.ts";

export interface LocalCoordinatorOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** How long an operation tries again while other processes hold the file's lock, milliseconds. Default 2,000. */
  readonly timeoutMs?: number;
}

const operationsPerSweep = 100;
const sweptAtOnce = 500;

/**
 * A coordinator for the processes of one machine, through an open store or a file of its own. Messages reach this
 * process at once and others within about 20 ms. Times to live are read on the machine's wall clock.
 */
export function createLocalCoordinator(source: Store | string, options: LocalCoordinatorOptions = {}): Coordinator {
  const { clock = systemClock, logger = silentLogger, timeoutMs = 2_000 } = options;
  const database = typeof source === "string" ? openFile(source, clock, logger) : source.database;
  migrate(database, coordinatorMigrations);
  const messages = messageLog(database, clock, failureLog(logger));
  let operations = 0;
  let closed = false;

  /** Runs synchronous work again while another process holds the lock, without blocking in between. */
  async function patiently<T>(work: () => T): Promise<T> {
    const until = clock.monotonic() + timeoutMs;
    for (;;) {
      if (closed) throw new StorageError("coordinator_closed", "The coordinator is closed", { subject: database.path });
      try {
        return work();
      } catch (error) {
        if (!(error instanceof DatabaseBusyError) || clock.monotonic() >= until) throw error;
      }
      await keepingAlive(clock.sleep(5 + Math.random() * 15));
    }
  }

  /** Forgets what has expired, a little now and then, so that neither table grows with the keys ever used. */
  function sweepSometimes(now: number): void {
    if (operations++ % operationsPerSweep !== 0) return;
    for (const [table, id] of [
      ["coordinator_claims", "fence"],
      ["coordinator_counters", "key"],
    ]) {
      database.run(
        `DELETE FROM ${table} WHERE ${id} IN (SELECT ${id} FROM ${table} WHERE expires_at <= ? LIMIT ?)`,
        now,
        sweptAtOnce,
      );
    }
  }

  function claimOf(key: string, fence: number): Claim {
    return {
      key,
      fence,
      renew: async (ttlMs) => {
        const ttl = wholeTtl(ttlMs);
        return patiently(() => {
          const now = clock.now();
          const renewal = "UPDATE coordinator_claims SET expires_at = ? WHERE fence = ? AND expires_at > ?";
          return database.run(renewal, now + ttl, fence, now).changes === 1;
        });
      },
      release: () => patiently(() => void database.run("DELETE FROM coordinator_claims WHERE fence = ?", fence)),
    };
  }

  return {
    claim: async (key, ttlMs) => {
      const ttl = wholeTtl(ttlMs);
      return patiently(() => {
        const now = clock.now();
        const row = database.transaction(() => {
          sweepSometimes(now);
          return database.get<{ fence: number }>(claimSql, now, key, ttl);
        });
        return row && claimOf(key, row.fence);
      });
    },
    increment: async (key, { by = 1, ttlMs }) => {
      const step = wholeStep(by);
      const ttl = wholeTtl(ttlMs);
      return patiently(() => {
        const now = clock.now();
        const row = database.transaction(() => {
          sweepSometimes(now);
          return database.get<{ value: number }>(incrementSql, key, step, now, ttl);
        });
        return row?.value ?? 0;
      });
    },
    counter: (key) =>
      patiently(() => {
        const value = "SELECT value FROM coordinator_counters WHERE key = ? AND expires_at > ?";
        return database.get<{ value: number }>(value, key, clock.now())?.value ?? 0;
      }),
    publish: (channel, message) => patiently(() => messages.publish(channel, message)),
    subscribe: (channel, onMessage) =>
      patiently(() => {
        const unsubscribe = messages.subscribe(channel, onMessage);
        return async () => unsubscribe();
      }),
    close: async () => {
      if (closed) return;
      closed = true;
      messages.stop();
      if (typeof source === "string") database.close();
    },
  };
}

function openFile(path: string, clock: Clock, logger: Logger): Database {
  const { database } = openDatabase({
    path,
    migrations: coordinatorMigrations,
    busyTimeoutMs: 50,
    openTimeoutMs: 5_000,
    clock,
    logger,
  });
  // No writer thread stands behind this connection, so it copies its log into the file itself.
  database.exec("PRAGMA wal_autocheckpoint = 1000");
  return database;
}
