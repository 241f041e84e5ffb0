// Runs before the tests: finds the real servers that some suites need, and brings what is missing where it may.
// As root on a Debian-like machine, and in CI, it installs; on anybody else's machine it changes nothing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findExecutable } from "./services/executable.ts";
import { installUnleash, unleashMissing } from "./services/unleash/installed.ts";

interface Part {
  readonly executable: string;
  readonly debianPackage: string;
  readonly suites: string;
}

const parts: readonly Part[] = [
  { executable: "redis-server", debianPackage: "redis-server", suites: "coordinator and checkpoints on Redis" },
  { executable: "prometheus", debianPackage: "prometheus", suites: "scrape by a real Prometheus" },
  { executable: "promtool", debianPackage: "prometheus", suites: "promtool check metrics" },
  { executable: "postgres", debianPackage: "postgresql", suites: "pools, replicas and indexes on PostgreSQL" },
];
const inCi = Boolean(process.env.CI);
const isRoot = process.getuid?.() === 0;
const longestMs = 10 * 60_000;

const missing = parts.filter((part) => !findExecutable(part.executable));
if (missing.length > 0) prepare();
if (unleashMissing()) prepareUnleash();

function prepare(): void {
  const packages = [...new Set(missing.map((part) => part.debianPackage))];
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
  if (existsSync("/etc/debian_version") && (isRoot || inCi)) {
    say(`Tests need ${packages.join(", ")}; installing: ${install.join(" ")}`);
    run(["apt-get", "update", "-qq"]);
    run(install);
  }
  const still = missing.filter((part) => !findExecutable(part.executable));
  for (const part of still) say(`Not installed: ${part.executable}. These suites will not run: ${part.suites}.`);
  if (still.length === 0) return;
  say(`To run them too, on Debian or Ubuntu: sudo ${install.join(" ")}`);
  if (inCi) {
    say("In CI every suite must run.");
    process.exitCode = 1;
  }
}

function prepareUnleash(): void {
  if (inCi || (isRoot && existsSync("/etc/debian_version"))) installUnleash(say);
  if (!unleashMissing()) return;
  say("Not installed: an Unleash server. These suites will not run: flags and rollouts by an Unleash server.");
  say("To run them too: node test/services/unleash/install.ts");
  if (inCi) process.exitCode = 1;
}

function run(command: readonly string[]): void {
  // Hosted CI machines log in as a user who may use sudo without a password; -n never asks for one.
  const [program = "", ...rest] = isRoot ? command : ["sudo", "-n", "DEBIAN_FRONTEND=noninteractive", ...command];
  const { status, error } = spawnSync(program, rest, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    timeout: longestMs,
  });
  if (status !== 0) say(`${command.join(" ")} failed: ${error?.message ?? `exit status ${status}`}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
