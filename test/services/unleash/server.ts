import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { type PostgresService, startPostgres } from "./postgres.ts";

/** A real Unleash server over a real PostgreSQL. */
export interface UnleashService {
  readonly url: string;
  readonly clientToken: string;
  readonly adminToken: string;
  readonly postgres: PostgresService;
  /** Freezes the server: connections stay open and nothing answers. */
  hang(): void;
  wake(): void;
  kill(): Promise<void>;
  /** Starts the server again on the same port, over the same database. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const clientToken = "*:development.flyball-test-client";
const adminToken = "*:*.flyball-test-admin";

export async function startUnleash(): Promise<UnleashService> {
  const postgres = await startPostgres();
  const port = await freePort();
  let child: ChildProcess | undefined;
  const killAtExit = (): void => void child?.kill("SIGKILL");
  process.once("exit", killAtExit);

  async function launch(): Promise<void> {
    const started = fork(
      join(import.meta.dirname, "server-process.mjs"),
      [port, postgres.port, clientToken, adminToken].map(String),
      {
        execArgv: [],
        stdio: ["ignore", "ignore", "inherit", "ipc"],
        // It is the server's own switch against calling home.
        env: { ...process.env, NODE_ENV: "production", CHECK_VERSION: "false", SEND_TELEMETRY: "false" },
      },
    );
    child = started;
    await new Promise<void>((resolve, reject) => {
      started.once("message", () => resolve());
      started.once("exit", (code) => reject(new Error(`unleash-server ended with ${code}`)));
    });
  }

  async function kill(): Promise<void> {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGKILL");
    await ended;
  }

  await launch();
  return {
    url: `http://127.0.0.1:${port}/api/`,
    clientToken,
    adminToken,
    postgres,
    hang: () => void child?.kill("SIGSTOP"),
    wake: () => void child?.kill("SIGCONT"),
    kill,
    async restart() {
      await kill();
      await launch();
    },
    async stop() {
      await kill();
      await postgres.stop();
      process.off("exit", killAtExit);
    },
  };
}
