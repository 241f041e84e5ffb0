import { globSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FlyballHome, flyballHome, orders } from "./flyball.ts";

let home: FlyballHome;
beforeAll(() => {
  home = flyballHome();
});
afterAll(() => home.remove());

interface Report {
  readonly healthy: boolean;
  readonly findings: { name: string; status: string; detail: string }[];
  readonly settings: { path: string; value: unknown; source: string }[];
}

const reportOf = (stdout: string): Report => JSON.parse(stdout);
const finding = (report: Report, name: string) => report.findings.find((one) => one.name === name);

describe("flyball doctor", () => {
  test("finds everything well, and says what set each setting", async () => {
    writeFileSync(join(home.folder, "flyball.yaml"), "service:\n  name: shop\n");
    const { status, stdout } = await home.run(["doctor", "--json"], { environment: { LLM_BATCH_SIZE: "9" } });
    const report = reportOf(stdout);
    expect(report.findings.filter((one) => one.status === "broken")).toEqual([]);
    expect(status).toBe(0);
    for (const name of ["node", "configuration", "store", "coordinator", "checkpoints", "disk", "opentelemetry"]) {
      expect(finding(report, name)?.status, name).toBe("ok");
    }
    expect(finding(report, "node-llama-cpp")).toMatchObject({ status: "ok" });
    const setting = (path: string) => report.settings.find((one) => one.path === path);
    expect(setting("service.name")).toMatchObject({ value: "shop", source: expect.stringContaining("flyball.yaml") });
    expect(setting("models.batchSize")).toMatchObject({ value: 9, source: "environment LLM_BATCH_SIZE" });
    expect(setting("http.host")).toMatchObject({ value: "127.0.0.1", source: "default" });
  });

  test("a reader that has seen enough, as `head` is one, is no failure", async () => {
    const { child, ended } = home.start(["doctor"]);
    // Closed before anything is written, so that every write meets a closed pipe.
    child.stdout?.destroy();
    const { status, stderr } = await ended;
    expect(stderr).not.toContain("EPIPE");
    expect(status).toBe(0);
  });

  test("Redis that is not there, spans that nobody takes: broken, status 1, each named", async () => {
    const environment = { REDIS_STATE_URL: "redis://127.0.0.1:1", OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" };
    const { status, stdout } = await home.run(["doctor", "--json"], { environment });
    const report = reportOf(stdout);
    expect(status).toBe(1);
    expect(report.healthy).toBe(false);
    for (const name of ["coordinator", "checkpoints", "opentelemetry"]) {
      expect(finding(report, name)?.status, name).toBe("broken");
    }
    expect(finding(report, "store")?.status).toBe("ok");
  });

  test("a damaged store is set aside, and told until somebody deletes it", async () => {
    const damaged = flyballHome();
    try {
      writeFileSync(join(damaged.folder, "flyball.db"), "this is no database ".repeat(500));
      const environment = { FLYBALL_HOME: damaged.folder };
      const { stdout } = await damaged.run(["doctor", "--json"], { environment });
      expect(finding(reportOf(stdout), "set aside")).toMatchObject({ status: "warning" });
      expect(finding(reportOf(stdout), "store")?.status).toBe("ok");
      expect(globSync(join(damaged.folder, "flyball.db.corrupt-*")).length).toBeGreaterThan(0);
    } finally {
      damaged.remove();
    }
  });

  test("a refused configuration is broken, with every problem", async () => {
    const environment = { FLYBALL_HTTP_PORT: "eighty", FLYBALL_LOG_LEVEL: "loud" };
    const { status, stdout } = await home.run(["doctor"], { environment });
    expect(status).toBe(1);
    expect(stdout).toContain("http.port: expected whole number from 0 to 65535");
    expect(stdout).toContain("log.level: expected one of");
  });
});

test("secrets reach no output and no file", async () => {
  const secret = "canary-7f3a";
  // A collector that refuses, so that errors with its address are logged too.
  const collector = createServer((_request, response) => response.writeHead(401).end());
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  const { port } = collector.address() as AddressInfo;
  const environment = {
    OPENAI_API_KEY: secret,
    GEMINI_API_KEY: secret,
    REDIS_URL: `redis://user:${secret}@127.0.0.1:1/0`,
    REDIS_STATE_URL: `redis://:${secret}@127.0.0.1:1/0`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${secret}`,
    FLYBALL_LOG_LEVEL: "debug",
  };
  try {
    const ended = await Promise.all([
      home.run(["doctor"], { environment }),
      home.run(["doctor", "--json"], { environment }),
      home.run(["start", orders, "--once", "--port", "0"], { environment }),
      home.run(["doctor"], { environment: { ...environment, FLYBALL_REDIS_URL: `http://user:${secret}@h` } }),
    ]);
    // The warnings that the settings above provoke are there …
    expect(ended[2].stderr).toContain("Redis does not answer");
    for (const { stdout, stderr } of ended) expect(stdout + stderr).not.toContain(secret);
    for (const file of globSync(`${home.folder}/**/*`, { withFileTypes: true }).filter((entry) => entry.isFile())) {
      expect(readFileSync(join(file.parentPath, file.name)).includes(secret), file.name).toBe(false);
    }
  } finally {
    collector.close();
  }
});
