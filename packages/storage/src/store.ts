import { failureLog, silentLogger, systemClock } from "@flyball/core";
import { openDatabase } from "./open-database.ts";
import { cleanUp } from "./retention.ts";
import { suspect } from "./set-aside.ts";
import { isCorrupt } from "./sqlite-code.ts";
import type { Store, StoreOptions } from "./types.ts";
import { inlineTarget } from "./writer/inline-target.ts";
import type { WriteTarget } from "./writer/target.ts";
import { workerTarget } from "./writer/worker-target.ts";
import { databaseWriter } from "./writer/writer.ts";

/** How long the writer thread waits inside SQLite for the lock before it looks for messages again. */
const writerBusyTimeoutMs = 250;
/** Writes of the calling thread after which the writer thread is asked to copy the log into the file. */
const writesPerCheckpoint = 500;
const firstCleanUpMs = 60_000;

/**
 * Opens the embedded store: makes the file and its folder, brings every package's tables up to date, and starts the
 * clean-up. A damaged file is set aside and a fresh one made; one that cannot be written is opened for reading, or
 * replaced by memory, with a warning and `degraded` set: what observes a pipeline must not stop it.
 * @throws NewerSchemaError when the file was written by a newer version; ConfigurationError for bad migrations or
 * retention; StorageError `storage_migration_failed` when a step's SQL fails.
 */
export function openStore(options: StoreOptions): Store {
  const { clock = systemClock, logger = silentLogger, cleanUpEveryMs = 3_600_000 } = options;
  const failures = failureLog(logger);
  let writes = 0;
  let target: WriteTarget | undefined;
  const onWrite = (): void => {
    if (++writes % writesPerCheckpoint === 0) target?.checkpoint();
  };

  const opened = openDatabase({
    path: options.path,
    migrations: options.migrations ?? [],
    busyTimeoutMs: options.busyTimeoutMs ?? 50,
    openTimeoutMs: options.openTimeoutMs ?? 5_000,
    clock,
    logger,
    hooks: { onWrite },
  });
  const { database, connection } = opened;
  const { path } = database;
  target =
    path === ":memory:"
      ? inlineTarget(connection)
      : workerTarget({ path, busyTimeoutMs: writerBusyTimeoutMs, clock, failures });
  const writer = databaseWriter({
    ...options.writer,
    target,
    clock,
    failures,
    onError: (error) => {
      if (isCorrupt(Object.assign(new Error(error.message), error))) suspect(path);
    },
  });
  const cleaning = cleanUp(database, writer, options.retention ?? []);
  const timers =
    cleanUpEveryMs > 0 && options.retention?.length
      ? [
          clock.after(Math.min(firstCleanUpMs, cleanUpEveryMs), () => cleaning.run(clock.now())),
          clock.every(cleanUpEveryMs, () => cleaning.run(clock.now())),
        ]
      : [];
  let closed: Promise<void> | undefined;

  async function shut(timeoutMs: number): Promise<void> {
    for (const timer of timers) timer.cancel();
    await writer.close(timeoutMs);
    database.close();
  }

  return {
    database,
    writer,
    setAside: opened.setAside,
    degraded: opened.degraded,
    cleanUp: cleaning.run,
    close(timeoutMs = 2_000) {
      closed ??= shut(timeoutMs);
      return closed;
    },
  };
}
