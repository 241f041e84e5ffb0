import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findExecutable } from "./executable.ts";
import { freePort } from "./free-port.ts";
import { waitForPort } from "./redis.ts";

/** One series and its latest value, as Prometheus' query API gives it. */
export interface PrometheusSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PrometheusExemplar {
  readonly series: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus of the test's own, on loopback, with exemplar storage on. */
export interface PrometheusService {
  readonly url: string;
  query(expression: string): Promise<PrometheusSample[]>;
  /** Asks until `found` says yes, or rejects with what was seen last. */
  waitFor(expression: string, found: (samples: PrometheusSample[]) => boolean): Promise<PrometheusSample[]>;
  exemplars(expression: string): Promise<PrometheusExemplar[]>;
  /** What it says of its targets: `up`, `down`, and the error of the last scrape. */
  targets(): Promise<{ readonly url: string; readonly health: string; readonly lastError: string }[]>;
  stop(): Promise<void>;
}

export interface PrometheusSetup {
  /** `host:port` by job; each is scraped at `/metrics`. */
  readonly targets: Readonly<Record<string, string>>;
  /** Default 200 ms, so that tests do not wait. */
  readonly scrapeIntervalMs?: number;
  /** Files of rules, absolute paths. */
  readonly ruleFiles?: readonly string[];
}

/** Starts `prometheus` on a free port and resolves when it is ready. */
export async function startPrometheus(setup: PrometheusSetup): Promise<PrometheusService> {
  const executable = findExecutable("prometheus");
  if (!executable) throw new Error("prometheus is not installed");
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "flyball-prometheus-"));
  const interval = `${setup.scrapeIntervalMs ?? 200}ms`;
  // JSON is YAML, so nothing here needs quoting.
  const configuration = {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: setup.ruleFiles ?? [],
    scrape_configs: Object.entries(setup.targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [target] }],
    })),
  };
  writeFileSync(join(folder, "prometheus.json"), JSON.stringify(configuration));
  const child = spawn(
    executable,
    [
      `--config.file=${join(folder, "prometheus.json")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--enable-feature=exemplar-storage",
      "--log.level=error",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const url = `http://127.0.0.1:${port}`;
  await waitForPort(port);
  await ready(url);

  async function get<T>(path: string, parameters: Record<string, string>): Promise<T> {
    const response = await fetch(`${url}${path}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== "success") throw new Error(`Prometheus refused ${path}: ${answer.error}`);
    return answer.data;
  }
  async function query(expression: string): Promise<PrometheusSample[]> {
    type Vector = { result: { metric: Record<string, string>; value: [number, string] }[] };
    const { result } = await get<Vector>("/api/v1/query", { query: expression });
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1].replace("Inf", "Infinity")) }));
  }
  return {
    url,
    query,
    async waitFor(expression, found) {
      const until = Date.now() + 15_000;
      for (;;) {
        const samples = await query(expression);
        if (found(samples)) return samples;
        if (Date.now() > until) throw new Error(`${expression} gave ${JSON.stringify(samples)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async exemplars(expression) {
      type Found = {
        seriesLabels: Record<string, string>;
        exemplars: { labels: Record<string, string>; value: string }[];
      };
      const now = Date.now() / 1000;
      const range = { start: String(now - 3600), end: String(now + 3600) };
      const found = await get<Found[]>("/api/v1/query_exemplars", { query: expression, ...range });
      return found.flatMap(({ seriesLabels, exemplars }) =>
        exemplars.map(({ labels, value }) => ({ series: seriesLabels, labels, value: Number(value) })),
      );
    },
    async targets() {
      type Targets = { activeTargets: { scrapeUrl: string; health: string; lastError: string }[] };
      const { activeTargets } = await get<Targets>("/api/v1/targets", { state: "active" });
      return activeTargets.map(({ scrapeUrl, health, lastError }) => ({ url: scrapeUrl, health, lastError }));
    },
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** It listens before it can answer queries; until then it says "Service Unavailable". */
async function ready(url: string): Promise<void> {
  const until = Date.now() + 30_000;
  while (!(await fetch(`${url}/-/ready`)).ok) {
    if (Date.now() > until) throw new Error("Prometheus was not ready after 30 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
