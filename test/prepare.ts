// Runs before the tests: finds the real servers that some suites need, and brings what is missing where it may.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { installHosts } from "./hosts/installed.ts";
import { findExecutable } from "./services/executable.ts";

interface Part {
  readonly executable: string;
  readonly debianPackage: string;
  readonly suites: string;
}

const parts: readonly Part[] = [
  { executable: "redis-server", debianPackage: "redis-server", suites: "coordinator and checkpoints on Redis" },
  { executable: "prometheus", debianPackage: "prometheus", suites: "scrape by a real Prometheus" },
  { executable: "promtool", debianPackage: "prometheus", suites: "promtool check metrics" },
];

const missing = parts.filter((part) => !findExecutable(part.executable));
if (missing.length > 0) {
  const packages = [...new Set(missing.map((part) => part.debianPackage))];
  const command = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  const mayInstall = existsSync("/etc/debian_version") && process.getuid?.() === 0;
  if (mayInstall) {
    process.stdout.write(`Tests need ${packages.join(", ")}; installing: ${command}\n`);
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-qq"], { stdio: "inherit", env: environment });
    spawnSync("apt-get", command.split(" ").slice(1), { stdio: ["ignore", "ignore", "inherit"], env: environment });
  }
  const still = parts.filter((part) => !findExecutable(part.executable));
  for (const part of still) {
    process.stdout.write(`Not installed: ${part.executable}. These suites will not run: ${part.suites}.\n`);
  }
  if (still.length > 0) {
    process.stdout.write(`To run them too, on Debian or Ubuntu: sudo ${command}\n`);
    if (process.env.CI) process.exit(1);
  }
}

installHosts();
