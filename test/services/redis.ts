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
  /** Starts it again, empty, on the same port; kills it first if it runs. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts `redis-server` on a free port and resolves when it answers. */
export async function startRedis(extraArguments: readonly string[] = []): Promise<RedisService> {
  const executable = findExecutable("redis-server");
  if (!executable) throw new Error("redis-server is not installed");
  const folder = mkdtempSync(join(tmpdir(), "flyball-redis-"));
  const fixed = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder, ...extraArguments];
  let port = 0;
  let child: ChildProcess | undefined;
  // Nothing of a test run that breaks off stays behind.
  const killAtExit = (): void => void child?.kill("SIGKILL");
  process.once("exit", killAtExit);

  async function launch(): Promise<void> {
    const started = spawn(executable as string, ["--port", String(port), ...fixed], { stdio: "ignore" });
    child = started;
    const died = new Promise<never>((_, reject) => {
      started.once("exit", (code) => reject(new Error(`redis-server on port ${port} ended with ${code}`)));
    });
    died.catch(() => {});
    await Promise.race([waitForPort(port), died]);
  }

  async function kill(): Promise<void> {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGKILL");
    await ended;
  }

  // A port that was free a moment ago may have been taken by a suite beside this one.
  for (let attempt = 1; ; attempt++) {
    port = await freePort();
    try {
      await launch();
      break;
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    hang: () => void child?.kill("SIGSTOP"),
    wake: () => void child?.kill("SIGCONT"),
    kill,
    async restart() {
      await kill();
      await launch();
    },
    async stop() {
      await kill();
      process.off("exit", killAtExit);
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
