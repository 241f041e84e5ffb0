import { accessSync, constants, globSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where Debian keeps PostgreSQL's server and tools, by version, the newest first: on nobody's path. */
function postgresFolders(): string[] {
  const newestFirst = (a: string, b: string): number => b.localeCompare(a, "en", { numeric: true });
  return globSync("/usr/lib/postgresql/*/bin").sort(newestFirst);
}

/** Where an executable is, or undefined. Debian puts servers into /usr/sbin, which is not on everybody's path. */
export function findExecutable(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", ...postgresFolders()];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return undefined;
}

/**
 * Whether a suite that needs `name` can run. In CI nothing may be missing: there a missing part is an error, so
 * that no suite is skipped unseen.
 */
export function available(name: string): boolean {
  if (findExecutable(name)) return true;
  if (process.env.CI) throw new Error(`${name} is not installed, and in CI every suite must run; see test/prepare.ts`);
  return false;
}
