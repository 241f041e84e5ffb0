import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;

/**
 * Whether the services that bring their own OpenTelemetry are installed. They have a lockfile of their own, so that
 * the root install stays small. In CI nothing may be missing.
 */
export function hostsInstalled(): boolean {
  if (existsSync(join(folder, "node_modules", "@sentry", "node"))) return true;
  if (process.env.CI) throw new Error("test/hosts is not installed, and in CI every suite must run: npm ci there");
  return false;
}

/** Installs them from their lockfile when they are missing; says so, and goes on without them when it fails. */
export function installHosts(): void {
  if (existsSync(join(folder, "node_modules", "@sentry", "node"))) return;
  const command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  process.stdout.write(`Tests of services with their own OpenTelemetry: npm ${command.join(" ")} in test/hosts\n`);
  const { status } = spawnSync("npm", command, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  if (status === 0) return;
  process.stdout.write(`Not installed: test/hosts. These suites will not run: a host's own OpenTelemetry.\n`);
  if (process.env.CI) process.exit(1);
}
