import { type ChildProcess, execFile, spawn } from "node:child_process";
import { appendFileSync, chownSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findExecutable } from "./executable.ts";
import { freePort } from "./free-port.ts";

const execute = promisify(execFile);

/** A real PostgreSQL of the test's own, on loopback, without a password. */
export interface PostgresService {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Starts a hot standby that streams from this server, on a free port. */
  startReplica(): Promise<PostgresService>;
  /** Freezes every process of it (SIGSTOP): connections stay open and nothing answers. */
  hang(): void;
  wake(): void;
  /** Kills it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again with its data, on the same port; kills it first if it runs. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

// Durability is not what is tested, and syncing to disk would be most of the time that these suites take.
const settings = [
  "listen_addresses='127.0.0.1'",
  "unix_socket_directories=''",
  "fsync=off",
  "full_page_writes=off",
  "shared_buffers=16MB",
  "max_connections=40",
  "superuser_reserved_connections=3",
  "max_wal_senders=4",
  "wal_level=replica",
  "wal_keep_size=64MB",
  "wal_receiver_status_interval=1",
  "hot_standby=on",
  "autovacuum=off",
  "logging_collector=off",
  "log_min_messages=panic",
];

/** Starts a server with an empty database `test` of the superuser `flyball`. `extra` are further lines of its configuration. */
export async function startPostgres(extra: readonly string[] = []): Promise<PostgresService> {
  const folder = makeFolder();
  await run("initdb", ["-D", folder, "-U", "flyball", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
  appendFileSync(join(folder, "postgresql.conf"), `\n${[...settings, ...extra].join("\n")}\n`);
  const service = await launch(folder);
  await run("createdb", ["-h", service.host, "-p", String(service.port), "-U", "flyball", "test"]);
  return service;
}

async function launch(folder: string): Promise<PostgresService> {
  const host = "127.0.0.1";
  let port = 0;
  let child: ChildProcess | undefined;
  const followers: PostgresService[] = [];
  // Nothing of a test run that breaks off stays behind.
  const clearAtExit = (): void => {
    signal("SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  };
  process.once("exit", clearAtExit);

  // The postmaster's children are sessions of their own; its own pid file names it, also behind `runuser`.
  function processes(): number[] {
    const postmaster = Number(readOptional(join(folder, "postmaster.pid"))?.split("\n")[0]);
    if (!postmaster) return [];
    const children = readOptional(`/proc/${postmaster}/task/${postmaster}/children`)?.trim().split(" ") ?? [];
    return [postmaster, ...children.filter(Boolean).map(Number)];
  }
  function signal(name: NodeJS.Signals): void {
    for (const id of processes()) {
      try {
        process.kill(id, name);
      } catch {
        // It has ended meanwhile.
      }
    }
  }
  async function start(): Promise<void> {
    const [command, ...rest] = asServerUser([tool("postgres"), "-D", folder, "-p", String(port)]);
    const started = spawn(command as string, rest, { stdio: "ignore" });
    child = started;
    let ended = false;
    started.once("exit", () => {
      ended = true;
    });
    const until = Date.now() + 30_000;
    for (;;) {
      const ready = await execute(tool("pg_isready"), ["-h", host, "-p", String(port), "-t", "1"]).then(
        () => true,
        () => false,
      );
      if (ready) return;
      if (ended || Date.now() > until) throw new Error(`postgres on port ${port} did not start`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  async function kill(): Promise<void> {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    signal("SIGKILL");
    await ended;
    rmSync(join(folder, "postmaster.pid"), { force: true });
  }

  for (let attempt = 1; ; attempt++) {
    port = await freePort();
    try {
      await start();
      break;
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
  return {
    host,
    port,
    user: "flyball",
    database: "test",
    hang: () => signal("SIGSTOP"),
    wake: () => signal("SIGCONT"),
    kill,
    async startReplica() {
      const copy = makeFolder();
      await run("pg_basebackup", [
        "-h",
        host,
        "-p",
        String(port),
        "-U",
        "flyball",
        "-D",
        copy,
        "-R",
        "-X",
        "stream",
        "-c",
        "fast",
        "--no-sync",
      ]);
      const replica = await launch(copy);
      followers.push(replica);
      return replica;
    },
    async restart() {
      await kill();
      await start();
    },
    async stop() {
      await Promise.all(followers.map((follower) => follower.stop()));
      // An immediate shutdown gives its shared memory back, which a kill does not.
      signal("SIGCONT");
      const ended = child && new Promise((resolve) => child?.once("exit", resolve));
      const [postmaster] = processes();
      if (postmaster && child?.exitCode === null && child.signalCode === null) {
        process.kill(postmaster, "SIGQUIT");
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3_000).unref())]);
      }
      await kill();
      process.off("exit", clearAtExit);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function tool(name: string): string {
  const postgres = findExecutable("postgres");
  if (!postgres) throw new Error("postgresql is not installed");
  // Its tools lie beside it where it really is, not where a link to it is.
  return join(dirname(realpathSync(postgres)), name);
}

const isRoot = process.geteuid?.() === 0;

/**
 * PostgreSQL refuses to run as root, so there its Debian package's own user runs it; and it ends with the tests, also
 * when they are killed.
 */
function asServerUser(command: readonly string[]): string[] {
  const asPostgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=QUIT"];
  return isRoot ? [...asPostgres, ...command] : [...command];
}

async function run(name: string, options: readonly string[]): Promise<void> {
  const [command, ...rest] = asServerUser([tool(name), ...options]);
  await execute(command as string, rest);
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "flyball-postgres-"));
  if (isRoot) chownSync(folder, userId("-u"), userId("-g"));
  return folder;
}

function userId(which: "-u" | "-g"): number {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith("postgres:"));
  return Number(line?.split(":")[which === "-u" ? 2 : 3]);
}
