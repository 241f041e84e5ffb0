import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findExecutable } from "./executable.ts";
import { freePort } from "./free-port.ts";

/** A real Redis of the test's own, on loopback, with nothing kept. */
export interface RedisService {
  readonly url: string;
  readonly port: number;
  /** Freezes the process (SIGSTOP): connections stay open and nothing answers. */
  hang(): void;
  /** Lets a frozen process go on. */
  wake(): void;
  /** Kills it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts `redis-server` on a free port and resolves when it answers. */
export async function startRedis(extraArguments: readonly string[] = []): Promise<RedisService> {
  const executable = findExecutable("redis-server");
  if (!executable) throw new Error("redis-server is not installed");
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "flyball-redis-"));
  let child: ChildProcess;

  async function launch(): Promise<void> {
    child = spawn(
      executable as string,
      ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder, ...extraArguments],
      { stdio: "ignore" },
    );
    await waitForPort(port);
  }
  const ended = (): Promise<void> =>
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise((resolve) => child.once("exit", () => resolve()));

  await launch();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    hang: () => void child.kill("SIGSTOP"),
    wake: () => void child.kill("SIGCONT"),
    async kill() {
      child.kill("SIGKILL");
      await ended();
    },
    restart: launch,
    async stop() {
      child.kill("SIGKILL");
      await ended();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when something accepts connections on the port; rejects after `timeoutMs`. */
export async function waitForPort(port: number, timeoutMs = 15_000): Promise<void> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (open) return;
    if (Date.now() > until) throw new Error(`nothing listens on port ${port} after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
