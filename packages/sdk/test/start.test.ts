import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError, type Logger } from "@flyball/core";
import { workflow } from "@flyball/engine";
import { Counter, Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { startRedis } from "../../../test/services/redis.ts";
import { openRecords } from "../src/records.ts";
import { type StartOptions, start } from "../src/start.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "flyball-sdk-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

const begin = (options: StartOptions = {}) => start({ home, environment: {}, ...options });

/** Keeps what is logged, as one text. */
function memoryLogger(): Logger & { readonly text: string } {
  const lines: string[] = [];
  const log = (fields: object, message: string): void => {
    const { err } = fields as { err?: Error };
    lines.push(`${message} ${JSON.stringify(fields)} ${err?.stack ?? ""}`);
  };
  return {
    debug: log,
    info: log,
    warn: log,
    error: log,
    get text() {
      return lines.join("\n");
    },
  };
}

const flow = workflow<{ readonly words: string }>("flow")
  .node("length", ({ input }) => input.words.length)
  .approval("release", { show: ({ length }) => length })
  .node("double", ({ length }) => length * 2)
  .build({ output: ({ double }) => double });

describe("one call", () => {
  test("runs a workflow, suspends it, and another instance goes on with it", async () => {
    const first = await begin();
    const waiting = await first.run(flow, { words: "four" }, { priority: "critical" });
    expect(waiting).toMatchObject({ status: "suspended", pending: [{ path: "release", show: 4 }] });
    await first.shutdown();

    const second = await begin();
    const resumed = second.resume(flow, waiting.runId, { answers: { release: { approved: true } } });
    expect(await resumed.result).toMatchObject({ status: "completed", output: 8 });
    await second.shutdown();

    // What both recorded is on disk, for a third to read.
    const records = await openRecords({ environment: {}, code: { home } });
    expect(records?.windows.read({ kind: "node", name: "length" }).count).toBe(1);
    expect(records?.windows.read({ kind: "run", labels: { priority: "critical" } }).count).toBe(2);
    expect(records?.traces.find(waiting.runId)?.parts.map(({ status }) => status)).toEqual(["suspended", "ok"]);
    await records?.close();
  });

  test("serves /metrics and /health on loopback, and nothing before it is asked to", async () => {
    await using flyball = await begin();
    await flyball.node("step", async () => 1)();
    const server = await flyball.listen();
    expect(new URL(server.url).hostname).toBe("127.0.0.1");
    expect(await flyball.listen()).toBe(server);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^flyball_node_duration_seconds_count\{.*node="step".*\} 1$/m);
    expect(metrics).toMatch(/^process_cpu_seconds_total /m);
    expect(metrics).toMatch(/^flyball_telemetry_dropped_total\{place="writes"\} 0$/m);
    expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({ status: "ok", service: "flyball" });
  });

  test("shows instruments of the service's own and of a registry that it has already", async () => {
    const registry = new Registry();
    new Counter({ name: "orders_total", help: "Orders.", registers: [registry] }).inc(3);
    await using flyball = await begin({ registry });
    flyball.meter.createCounter("documents.written", { description: "Documents." }).add(2);
    const { body } = await flyball.metrics({});
    expect(body).toMatch(/^orders_total 3$/m);
    expect(body).toMatch(/^documents_written_total 2$/m);
  });

  test("counts the requests of a service that are under way", async () => {
    await using flyball = await begin();
    const active = async (): Promise<string | undefined> =>
      /^flyball_http_active_requests (\d+)$/m.exec((await flyball.metrics({})).body)?.[1];
    const service = createServer(flyball.middleware.node(async (_request, response) => response.end(await active())));
    service.listen(0, "127.0.0.1");
    await once(service, "listening");
    const { port } = service.address() as AddressInfo;
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("1");
    await expect.poll(active).toBe("0");
    service.closeAllConnections();
    service.close();
  });

  test("a price file that is no price table stops it too, and nothing is left open", async () => {
    writeFileSync(join(home, "prices.json"), '{"version":"1","models":{"m":{"input":-1}}}');
    const refused = begin({ telemetry: { priceFile: join(home, "prices.json") } });
    await expect(refused).rejects.toThrow(ConfigurationError);
    // The store was open before the prices were read; it is free for the next one.
    const flyball = await begin();
    expect((await flyball.health()).status).toBe("ok");
    await flyball.shutdown();
  });

  test("a wrong configuration is the one thing that stops it", async () => {
    await expect(begin({ http: { port: -1 } })).rejects.toThrow(ConfigurationError);
    await expect(begin({ environment: { FLYBALL_HTTP_PRT: "1" } })).rejects.toThrow("FLYBALL_HTTP_PORT");
  });
});

describe("fails open", () => {
  test("a store that cannot be had becomes memory, with a warning and in /health", async () => {
    writeFileSync(join(home, "file"), "");
    const logger = memoryLogger();
    await using flyball = await begin({ store: { path: join(home, "file", "flyball.db") }, logger });
    expect(await flyball.run(flow, { words: "x" }, { approve: () => ({ approved: true }) })).toMatchObject({
      output: 2,
    });
    expect(flyball.windows.read({ kind: "run" }).count).toBe(1);
    const health = await flyball.health();
    expect(health).toMatchObject({ status: "degraded", parts: { store: { healthy: false } } });
    expect(logger.text).not.toBe("");
  });

  test("Redis that does not answer at the start becomes this machine, and its password is not told", async () => {
    const logger = memoryLogger();
    const url = "redis://user:canary-pass@127.0.0.1:1/0";
    await using flyball = await begin({ redis: { url, stateUrl: url }, logger });
    expect(await flyball.coordinator.increment("counter", { ttlMs: 1000 })).toBe(1);
    const waiting = await flyball.run(flow, { words: "four" });
    expect(waiting.status).toBe("suspended");
    const { parts } = await flyball.health();
    expect(parts.coordinator).toMatchObject({ healthy: false, facts: { driver: "local" } });
    expect(parts.checkpoints?.healthy).toBe(false);
    expect(logger.text).toContain("Redis does not answer");
    expect(logger.text + JSON.stringify(parts)).not.toContain("canary-pass");
  });

  test("a port that is taken is a warning at the start, and an error when asked for", async () => {
    const holder = createServer();
    holder.listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as AddressInfo;
    const logger = memoryLogger();
    await using flyball = await begin({ http: { port }, logger });
    expect(logger.text).toContain("something listens there already");
    await expect(flyball.listen()).rejects.toMatchObject({ code: "listen_failed" });
    expect((await flyball.listen({ port: 0 })).port).not.toBe(port);
    holder.close();
  });

  test("sinks that throw change no result, and are counted", async () => {
    await using flyball = await begin({ log: { level: "silent" } });
    flyball.telemetry.subscribe(() => {
      throw new Error("a broken sink");
    });
    const step = flyball.node("step", async (value: number) => value + 1, {
      details: () => {
        throw new Error("broken details");
      },
    });
    expect(await step(1)).toBe(2);
    expect(await flyball.run(flow, { words: "four" }, { approve: () => ({ approved: true }) })).toMatchObject({
      output: 8,
    });
    const { body } = await flyball.metrics({});
    expect(body).toMatch(/^flyball_telemetry_failures_total\{cause="listener"\} [1-9]/m);
    expect(body).toMatch(/^flyball_telemetry_failures_total\{cause="details"\} 1$/m);
  });

  test("with telemetry off everything runs the same and nothing is recorded", async () => {
    await using flyball = await begin({ environment: { ENABLE_PERFORMANCE_METRICS: "false" } });
    expect(await flyball.node("step", async () => "value")()).toBe("value");
    const result = await flyball.withRun({ workflow: "own" }, () => flyball.run(flow, { words: "four" }));
    expect(result.status).toBe("suspended");
    const resumed = flyball.resume(flow, result.runId, { answers: { release: { approved: true } } });
    expect(await resumed.result).toMatchObject({ output: 8 });
    flyball.record.node({ name: "by hand", durationMs: 1 });
    expect(flyball.windows.read({}).count).toBe(0);
    expect((await flyball.metrics({})).body).not.toContain("flyball_node_duration_seconds_count");
  });
});

describe("shutdown", () => {
  test("is idempotent, closes what was opened, and refuses what comes later without a throw", async () => {
    const flyball = await begin({ http: { port: 0 } });
    const { url } = await flyball.listen();
    const first = flyball.shutdown();
    expect(flyball.shutdown()).toBe(first);
    await first;
    await expect(fetch(`${url}/health`)).rejects.toThrow();
    expect(await flyball.run(flow, { words: "late" })).toMatchObject({ status: "refused" });
    expect(await flyball.node("late", async () => 1)()).toBe(1);
  });

  test("does not wait longer than its deadline for a run that does not end", async () => {
    const flyball = await begin();
    const stuck = workflow<null>("stuck")
      .node("for ever", () => new Promise<void>(() => {}))
      .build();
    const run = flyball.start(stuck, null);
    const events = run.events()[Symbol.asyncIterator]();
    expect((await events.next()).value).toMatchObject({ type: "node-started" });
    const before = performance.now();
    await flyball.shutdown({ timeoutMs: 400 });
    expect(performance.now() - before).toBeLessThan(4000);
    expect((await run.result).status).not.toBe("completed");
    expect(existsSync(join(home, "flyball.db"))).toBe(true);
  });

  test("on SIGTERM, when asked: writes out what is known and ends as the signal would have", async () => {
    const script = `
      import { start } from "@flyball/sdk";
      const flyball = await start({ home: ${JSON.stringify(home)}, signals: true });
      await flyball.node("before the end", async () => 1)();
      console.log("ready");
      setInterval(() => {}, 1000);`;
    const parameters = ["--conditions=@flyball/source", "--input-type=module", "--eval", script];
    const child = spawn(process.execPath, parameters, {
      cwd: import.meta.dirname,
      env: { PATH: process.env.PATH ?? "" },
    });
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    const [code, signal] = await once(child, "exit");
    expect([code, signal]).toEqual([null, "SIGTERM"]);
    const records = await openRecords({ environment: {}, code: { home } });
    expect(records?.windows.read({ name: "before the end" }).count).toBe(1);
    await records?.close();
  });
});

describe.skipIf(!available("redis-server"))("with a real Redis", () => {
  test("state and coordination are there, and a run survives its going away", async () => {
    const redis = await startRedis();
    try {
      const options = { environment: { REDIS_STATE_URL: redis.url } };
      const first = await begin(options);
      expect((await first.health()).parts).toMatchObject({
        coordinator: { healthy: true, facts: { driver: "redis" } },
        checkpoints: { healthy: true, facts: { driver: "redis" } },
      });
      const waiting = await first.run(flow, { words: "four" });
      await first.shutdown();

      // Another machine: nothing shared but Redis.
      const elsewhere = mkdtempSync(join(tmpdir(), "flyball-elsewhere-"));
      const second = await begin({ ...options, home: elsewhere, log: { level: "silent" } });
      const moved = second.resume(flow, waiting.runId, { answers: { release: { approved: true } } });
      expect(await moved.result).toMatchObject({ status: "completed", output: 8 });

      await redis.kill();
      const local = await second.run(flow, { words: "gone" });
      expect(local.status).toBe("suspended");
      expect((await second.health()).status).toBe("degraded");
      const resumed = await second.resume(flow, local.runId, { answers: { release: { approved: true } } }).result;
      expect(resumed).toMatchObject({ status: "completed", output: 8 });
      await second.shutdown();
      rmSync(elsewhere, { recursive: true, force: true });
    } finally {
      await redis.stop();
    }
  });
});
