import { existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

/** Which file a path names now; undefined when there is none. */
export function fileIdentity(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

/**
 * Moves a damaged database to `<path>.corrupt-<time>`, with its log, under names that SQLite's own tools accept for
 * a recovery. Returns the new path, or undefined when another process has moved `damaged` away already.
 * @throws when the folder does not let it.
 */
export function setAside(path: string, damaged: string | undefined, nowMs: number): string | undefined {
  if (fileIdentity(path) !== damaged) return undefined;
  const target = `${path}.corrupt-${new Date(nowMs).toISOString().replace(/[:.]/g, "-")}`;
  // The log goes first: left beside a fresh file it would be replayed into it.
  for (const suffix of ["-wal", "-shm", ""]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  clearSuspicion(path);
  return target;
}

/*
 * Damage in the middle of a file shows only when its page is read, long after opening. It is remembered in a small
 * file beside the database, so that the next start checks the whole of it once, and no other start pays for that.
 */
const suspicionOf = (path: string): string => `${path}.suspect`;

export function suspect(path: string): void {
  try {
    writeFileSync(
      suspicionOf(path),
      "Flyball met damage in the database beside this file and checks it at the next start.\n",
    );
  } catch {
    // A folder that cannot be written could not have the database moved either.
  }
}

export function isSuspect(path: string): boolean {
  return existsSync(suspicionOf(path));
}

export function clearSuspicion(path: string): void {
  rmSync(suspicionOf(path), { force: true });
}
