import { FlyballError, type FlyballErrorOptions, toError } from "@flyball/core";
import { primaryCode, sqliteCode } from "./sqlite-code.ts";

/** Base of what storage throws. */
export class StorageError extends FlyballError {}

/** Another connection held the lock for longer than the busy timeout. Trying again later is safe. */
export class DatabaseBusyError extends StorageError {
  constructor(path: string, cause: unknown) {
    super(
      "storage_busy",
      `The database ${path} stayed locked by another connection beyond the busy timeout; try again`,
      {
        subject: path,
        cause,
      },
    );
  }
}

/** The file was written by a newer version. It is left as it is. */
export class NewerSchemaError extends StorageError {
  constructor(path: string, owner: string, found: number, known: number) {
    super(
      "storage_newer_schema",
      `The database ${path} was written by a newer version of Flyball: the tables of "${owner}" are at version ${found}, ` +
        `this version knows ${known}. Upgrade Flyball, or set another path, or move the file away to start with a new one.`,
      { subject: path },
    );
  }
}

/** No coordinator, or no Redis, answers at the moment; or it refused. */
export class CoordinatorUnavailableError extends StorageError {
  constructor(what: string, options: FlyballErrorOptions) {
    super("coordinator_unavailable", what, options);
  }
}

const sentences: Readonly<Record<number, readonly [code: string, sentence: string]>> = {
  [sqliteCode.full]: ["storage_full", "is full, or the disk it is on is: make room"],
  [sqliteCode.readOnly]: ["storage_read_only", "is read-only: check who owns the file and its folder"],
  [sqliteCode.corrupt]: ["storage_corrupt", "is damaged; it is checked and set aside at the next start"],
  [sqliteCode.notADatabase]: ["storage_corrupt", "is not an SQLite database; it is set aside at the next start"],
  [sqliteCode.cannotOpen]: ["storage_cannot_open", "cannot be opened: check that its folder exists and may be written"],
  [sqliteCode.constraint]: ["storage_constraint", "refused a row that breaks a constraint"],
};

/** Gives what `node:sqlite` threw a code and a sentence; anything else comes back as it was. */
export function toStorageError(thrown: unknown, path: string): Error {
  const error = toError(thrown);
  if (error instanceof FlyballError) return error;
  const primary = primaryCode(error);
  if (primary === sqliteCode.busy || primary === sqliteCode.locked) return new DatabaseBusyError(path, error);
  const known = primary === undefined ? undefined : sentences[primary];
  if (known) {
    return new StorageError(known[0], `The database ${path} ${known[1]} (${error.message})`, {
      subject: path,
      cause: error,
    });
  }
  if ((error as { code?: unknown }).code === "ERR_INVALID_STATE") {
    return new StorageError("storage_closed", `The database ${path} is closed`, { subject: path, cause: error });
  }
  if (primary === undefined) return error;
  return new StorageError("storage_failed", `The database ${path} refused: ${error.message}`, {
    subject: path,
    cause: error,
  });
}
