import { accessSync, constants, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type Clock, ConfigurationError, type Logger, toError } from "@flyball/core";
import { openConnection, openImmutable } from "./connection.ts";
import { type DatabaseHooks, databaseOver } from "./database.ts";
import { NewerSchemaError, StorageError, toStorageError } from "./errors.ts";
import { migrate } from "./migrate.ts";
import { safeLogger } from "./safe-logger.ts";
import { clearSuspicion, fileIdentity, isSuspect, setAside, suspect } from "./set-aside.ts";
import type { Database, Migration } from "./types.ts";

export interface OpenOptions {
  readonly path: string;
  readonly migrations: readonly Migration[];
  readonly busyTimeoutMs: number;
  readonly openTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hooks?: DatabaseHooks;
}

export interface OpenedDatabase {
  readonly database: Database;
  readonly connection: DatabaseSync;
  readonly setAside: string | undefined;
  readonly degraded: string | undefined;
}

// Copying the log into the file can take 10 ms, so it is the writer thread's work; the calling thread does it only
// when the log has grown to 40 MB because that thread is not there.
const checkpointPages = 10_000;
// 256 MB of 4 KB pages: what replaces a file must not grow with it for 30 days.
const mostMemoryPages = 65_536;

/**
 * Opens the file, or the best that can be had in its place: a fresh file when it is damaged, read-only when it
 * cannot be written, and memory when nothing else is left, each with a warning.
 * @throws NewerSchemaError and errors in the migrations themselves: those are for people to settle.
 */
export function openDatabase(given: OpenOptions): OpenedDatabase {
  const options = { ...given, logger: safeLogger(given.logger) };
  if (options.path === ":memory:") return inMemory(options, undefined);
  const path = resolve(options.path);
  let moved: string | undefined;
  // Again after a damaged file was set aside, by this process or, between its look and its move, by another.
  for (let attempt = 1; ; attempt++) {
    const identity = fileIdentity(path);
    try {
      mkdirSync(dirname(path), { recursive: true });
      const opened = openFile(path, options);
      return { ...opened, setAside: moved, degraded: degradedWhenReadOnly(path, options.logger) };
    } catch (thrown) {
      let error = toStorageError(thrown, path);
      if (isForPeople(error)) throw error;
      if (errorCode(error) === "storage_corrupt" && attempt < 3) {
        try {
          moved = setAside(path, identity, options.clock.now()) ?? moved;
          if (moved) sayMoved(options.logger, path, moved, error);
          continue;
        } catch (refused) {
          error = toError(refused);
        }
      }
      return { ...(readOnly(path, options, error) ?? inMemory(options, error)), setAside: moved };
    }
  }
}

function openFile(path: string, options: OpenOptions): Pick<OpenedDatabase, "database" | "connection"> {
  const connection = openConnection(path, { busyTimeoutMs: options.openTimeoutMs, checkpointPages });
  try {
    if (isSuspect(path)) checkAll(connection, path);
    const database = databaseOver(connection, path, rememberingDamage(path, options.hooks));
    migrate(database, options.migrations);
    connection.exec(`PRAGMA busy_timeout = ${options.busyTimeoutMs}`);
    return { database, connection };
  } catch (error) {
    connection.close();
    throw error;
  }
}

function rememberingDamage(path: string, hooks: DatabaseHooks = {}): DatabaseHooks {
  return {
    ...hooks,
    onError(error) {
      if (errorCode(error) === "storage_corrupt") suspect(path);
      hooks.onError?.(error);
    },
  };
}

function checkAll(connection: DatabaseSync, path: string): void {
  const verdict = Object.values(connection.prepare("PRAGMA quick_check(1)").get() ?? {})[0];
  if (verdict !== "ok") {
    throw new StorageError("storage_corrupt", `The database ${path} is damaged: ${String(verdict)}`, { subject: path });
  }
  clearSuspicion(path);
}

function degradedWhenReadOnly(path: string, logger: Logger): string | undefined {
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    const degraded = "opened for reading only, nothing will be stored: the file may not be written";
    logger.warn({ path, err: error }, `flyball: the database ${path} is ${degraded}`);
    return degraded;
  }
}

function readOnly(path: string, options: OpenOptions, cause: Error): OpenedDatabase | undefined {
  const code = errorCode(cause);
  if (code !== "storage_read_only" && code !== "storage_cannot_open") return undefined;
  if (fileIdentity(path) === undefined || fileIdentity(`${path}-wal`) !== undefined) return undefined;
  let connection: DatabaseSync | undefined;
  try {
    connection = openImmutable(path);
    const database = databaseOver(connection, path, options.hooks);
    // Passes when there is nothing to migrate; old tables that cannot be brought up to date are of no use.
    migrate(database, options.migrations);
    const degraded = `opened for reading only, nothing will be stored: ${cause.message}`;
    options.logger.warn({ path, err: cause }, `flyball: the database ${path} is ${degraded}`);
    return { database, connection, setAside: undefined, degraded };
  } catch (error) {
    connection?.close();
    if (isForPeople(toError(error))) throw error;
    return undefined;
  }
}

function inMemory(options: OpenOptions, cause: Error | undefined): OpenedDatabase {
  const connection = openConnection(":memory:", { busyTimeoutMs: 0, checkpointPages });
  connection.exec(`PRAGMA max_page_count = ${mostMemoryPages}`);
  const database = databaseOver(connection, ":memory:", options.hooks);
  migrate(database, options.migrations);
  const degraded = cause && `kept in memory only and lost at exit: ${cause.message}`;
  if (degraded)
    options.logger.error({ path: options.path, err: cause }, `flyball: the database ${options.path} is ${degraded}`);
  return { database, connection, setAside: undefined, degraded };
}

function sayMoved(logger: Logger, path: string, moved: string, error: Error): void {
  logger.error(
    { path, moved, err: error },
    `flyball: the database ${path} is damaged (${error.message}). It was moved to ${moved} and a new, empty one is in ` +
      `its place. To look into the old one: sqlite3 ${moved} .recover`,
  );
}

/** Errors that no other file would cure. */
function isForPeople(error: Error): boolean {
  return (
    error instanceof NewerSchemaError ||
    error instanceof ConfigurationError ||
    errorCode(error) === "storage_migration_failed"
  );
}

function errorCode(error: Error): string | undefined {
  return error instanceof StorageError ? error.code : undefined;
}
