import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findExecutable } from "./executable.ts";
import { freePort } from "./free-port.ts";
import { waitForPort } from "./redis.ts";

/** An alert as Alertmanager's API gives it back. */
export interface AlertmanagerAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: string };
}

/** A real Alertmanager of the test's own, on loopback. */
export interface AlertmanagerService {
  readonly url: string;
  /** What it takes for firing. */
  alerts(): Promise<AlertmanagerAlert[]>;
  stop(): Promise<void>;
}

/** Debian's package calls it otherwise than everybody else. */
export const alertmanagerNames: readonly string[] = ["prometheus-alertmanager", "alertmanager"];

/** Starts Alertmanager on a free port and resolves when it listens. `webhook` is sent what it notifies of. */
export async function startAlertmanager({ webhook }: { webhook?: string } = {}): Promise<AlertmanagerService> {
  const executable = alertmanagerNames.map(findExecutable).find((found) => found !== undefined);
  if (!executable) throw new Error("alertmanager is not installed");
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "flyball-alertmanager-"));
  const receiver = { name: "test", ...(webhook ? { webhook_configs: [{ url: webhook, send_resolved: true }] } : {}) };
  const route = { receiver: "test", group_wait: "10ms", group_interval: "100ms", repeat_interval: "1h" };
  // JSON is YAML, so nothing here needs quoting.
  writeFileSync(join(folder, "alertmanager.json"), JSON.stringify({ route, receivers: [receiver] }));
  const child = spawn(
    executable,
    [
      `--config.file=${join(folder, "alertmanager.json")}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
      "--log.level=error",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const killAtExit = (): void => void child.kill("SIGKILL");
  process.once("exit", killAtExit);
  const url = `http://127.0.0.1:${port}`;
  await waitForPort(port);
  return {
    url,
    async alerts() {
      const response = await fetch(`${url}/api/v2/alerts`);
      return (await response.json()) as AlertmanagerAlert[];
    },
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
      process.off("exit", killAtExit);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
