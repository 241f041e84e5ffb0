/** SQLite's primary result codes that are told apart (https://sqlite.org/rescode.html). */
export const sqliteCode = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
} as const;

/** The primary result code of an error that `node:sqlite` threw; undefined for any other error. */
export function primaryCode(error: unknown): number | undefined {
  const extended = error instanceof Error ? (error as { errcode?: unknown }).errcode : undefined;
  // The low byte is the primary code; the rest only refines it.
  return typeof extended === "number" ? extended & 0xff : undefined;
}

export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === sqliteCode.busy || code === sqliteCode.locked;
}

export function isCorrupt(error: unknown): boolean {
  const code = primaryCode(error);
  return code === sqliteCode.corrupt || code === sqliteCode.notADatabase;
}
