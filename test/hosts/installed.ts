import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

const lockfile = join(import.meta.dirname, "package-lock.json");
/** What npm writes last, so that an installation that was broken off does not count. */
const receipt = join(import.meta.dirname, "node_modules", ".package-lock.json");

/**
 * Whether the services that bring their own OpenTelemetry are installed. They have a lockfile of their own, so that
 * the root install stays small. In CI nothing may be missing.
 */
export function hostsInstalled(): boolean {
  if (existsSync(receipt)) return true;
  if (process.env.CI) throw new Error("test/hosts is not installed, and in CI every suite must run: npm ci there");
  return false;
}

/** Installs them from their lockfile when they are missing or older; says so, and goes on without them when it fails. */
export function installHosts(): void {
  if (existsSync(receipt) && statSync(receipt).mtimeMs >= statSync(lockfile).mtimeMs) return;
  const command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  process.stdout.write(`Tests of services with their own OpenTelemetry: npm ${command.join(" ")} in test/hosts\n`);
  const { status } = spawnSync("npm", command, { cwd: import.meta.dirname, stdio: ["ignore", "ignore", "inherit"] });
  if (status === 0) return;
  process.stdout.write("Not installed: test/hosts. These suites will not run: a host's own OpenTelemetry.\n");
  if (process.env.CI) process.exit(1);
}
