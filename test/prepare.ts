// Runs before the tests: finds the real servers that some suites need, and brings what is missing where it may.
// As root on a Debian-like machine, in CI, and with --install, it installs; on anybody else's machine it changes
// nothing and says what did not run.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { hosts } from "./hosts/installed.ts";
import { findExecutable } from "./services/executable.ts";
import { unleash } from "./services/unleash/installed.ts";

interface Part {
  /** Any of these names will do. */
  readonly executables: readonly string[];
  readonly debianPackage: string;
  readonly suites: string;
}

const parts: readonly Part[] = [
  { executables: ["redis-server"], debianPackage: "redis-server", suites: "everything on Redis" },
  { executables: ["prometheus"], debianPackage: "prometheus", suites: "scrapes by a real Prometheus" },
  { executables: ["promtool"], debianPackage: "prometheus", suites: "metrics and rules under promtool" },
  {
    executables: ["prometheus-alertmanager", "alertmanager"],
    debianPackage: "prometheus-alertmanager",
    suites: "notices by a real Alertmanager",
  },
  { executables: ["postgres"], debianPackage: "postgresql", suites: "pools, replicas and indexes on PostgreSQL" },
];
const inCi = Boolean(process.env.CI);
const isRoot = process.getuid?.() === 0;
const isDebian = existsSync("/etc/debian_version");
const mayInstall = inCi || (isRoot && isDebian) || process.argv.includes("--install");
const longestMs = 10 * 60_000;

const isThere = (part: Part): boolean => part.executables.some(findExecutable);
const missing = parts.filter((part) => !isThere(part));
if (missing.length > 0) bringServers();
const absent = [hosts, unleash].filter((own) => own.missing() && !(mayInstall && own.install(say)));
for (const { suites } of absent) {
  say(`Not installed. These suites will not run: ${suites}. To run them too: node test/prepare.ts --install`);
}
if (inCi && (absent.length > 0 || parts.some((part) => !isThere(part)))) {
  say("In CI every suite must run.");
  process.exitCode = 1;
}

function bringServers(): void {
  const packages = [...new Set(missing.map((part) => part.debianPackage))];
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
  if (isDebian && mayInstall) {
    say(`Tests need ${packages.join(", ")}; installing: ${install.join(" ")}`);
    run(["apt-get", "update", "-qq"]);
    run(install);
  }
  const still = missing.filter((part) => !isThere(part));
  for (const part of still) say(`Not installed: ${part.executables[0]}. These suites will not run: ${part.suites}.`);
  if (still.length > 0) say(`To run them too, on Debian or Ubuntu: sudo ${install.join(" ")}`);
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
