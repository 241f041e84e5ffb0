import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ConfigurationError, TimeoutError } from "@flyball/core";
import { createClient } from "@redis/client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type RedisService, startRedis } from "../../../test/services/redis.ts";
import {
  type Coordinator,
  CoordinatorUnavailableError,
  createRedisCoordinator,
  type RedisCoordinatorOptions,
} from "../src/index.ts";
import { keepingLogger } from "./fixtures/lines.ts";
import { until } from "./fixtures/until.ts";

const timeoutMs = 500;

/** The error that `work` rejects with, and how long that took. */
async function refusal(work: Promise<unknown>): Promise<{ error: unknown; ms: number }> {
  const start = performance.now();
  const error = await work.then(
    () => undefined,
    (rejected: unknown) => rejected,
  );
  return { error, ms: performance.now() - start };
}

describe.skipIf(!available("redis-server"))("a Redis coordinator", () => {
  let redis: RedisService;
  const opened: Coordinator[] = [];
  const open = (options: Partial<RedisCoordinatorOptions> = {}): Coordinator => {
    const coordinator = createRedisCoordinator({ url: redis.url, timeoutMs, ...options });
    opened.push(coordinator);
    return coordinator;
  };
  const works = (coordinator: Coordinator) =>
    until(() =>
      coordinator.increment("works", { ttlMs: 1_000 }).then(
        () => true,
        () => false,
      ),
    );

  /** Subscribes however long this busy machine takes to connect. */
  const hear = (coordinator: Coordinator, channel: string, heard: string[]) =>
    until(() =>
      coordinator
        .subscribe(channel, (message) => heard.push(message))
        .then(
          () => true,
          () => false,
        ),
    );

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    for (const coordinator of opened.splice(0)) await coordinator.close();
  });
  afterAll(() => redis.stop());

  describe("when Redis goes", () => {
    afterEach(() => redis.restart());

    test("midway: operations are refused in time, later ones at once, and none is carried out afterwards", async () => {
      const logger = keepingLogger();
      const a = open({ logger });
      await works(a);
      await redis.kill();
      const first = await refusal(a.increment("lost", { ttlMs: 10_000 }));
      expect(first.error).toBeInstanceOf(CoordinatorUnavailableError);
      expect(first.ms).toBeLessThan(timeoutMs * 4);
      await until(async () => (await refusal(a.counter("lost"))).ms < timeoutMs / 4);
      const later = await refusal(Promise.all(Array.from({ length: 100 }, () => a.publish("c", "m"))));
      expect(later.error).toMatchObject({
        code: "coordinator_unavailable",
        message: expect.stringContaining("ECONNREFUSED"),
      });
      expect(later.ms).toBeLessThan(timeoutMs);
      expect(logger.messages.length).toBeLessThan(3);
      await redis.restart();
      await works(a);
      expect(await a.counter("lost")).toBe(0);
    });

    test("and comes back empty: fences still grow, and subscriptions hear again", async () => {
      const [a, b] = [open(), open()];
      const heard: string[] = [];
      await hear(b, "channel", heard);
      await hear(b, "other", []);
      await works(a);
      const before = await a.claim("key", 60_000);
      await redis.kill();
      await redis.restart();
      await works(a);
      await until(async () => {
        await a.publish("channel", "again");
        return heard.length > 0;
      });
      expect(heard[0]).toBe("again");
      const after = await a.claim("key", 60_000);
      expect(after?.fence).toBeGreaterThan(before?.fence ?? Number.POSITIVE_INFINITY);
      expect(await before?.renew(1_000)).toBe(false);
      await before?.release();
      expect(await b.claim("key", 1_000)).toBeUndefined();
    });
  });

  test("that hangs: every operation ends by the deadline, and it all works again when Redis wakes", async () => {
    const a = open();
    const heard: string[] = [];
    await hear(a, "channel", heard);
    await works(a);
    redis.hang();
    try {
      const all = await Promise.all([a.claim("hung", 1_000), a.publish("c", "m"), a.counter("hung")].map(refusal));
      expect(all[0]?.error).toBeInstanceOf(TimeoutError);
      for (const { error, ms } of all) {
        expect(String(error)).toMatch(`did not finish within ${timeoutMs} ms`);
        expect(ms).toBeGreaterThan(timeoutMs - 5);
        expect(ms).toBeLessThan(timeoutMs * 4);
      }
      const next = await refusal(a.counter("hung"));
      expect(next.error).toBeInstanceOf(CoordinatorUnavailableError);
      expect(next.ms).toBeLessThan(timeoutMs * 4);
      await until(async () => (await refusal(a.counter("hung"))).ms < timeoutMs / 4);
    } finally {
      redis.wake();
    }
    await works(a);
    await until(async () => {
      await a.publish("channel", "again").catch(() => {});
      return heard.includes("again");
    });
  });

  test("has a bound on what waits: more is refused at once", async () => {
    const a = open({ maxPending: 5 });
    await works(a);
    redis.hang();
    try {
      const waiting = Array.from({ length: 5 }, () => refusal(a.counter("x")));
      const sixth = await refusal(a.counter("x"));
      expect(sixth.error).toMatchObject({
        code: "coordinator_unavailable",
        message: expect.stringContaining("5 operations wait"),
      });
      expect(sixth.ms).toBeLessThan(timeoutMs / 2);
      for (const { error } of await Promise.all(waiting)) expect(String(error)).toMatch("did not finish");
    } finally {
      redis.wake();
    }
  });

  test("need not find Redis at the start", async () => {
    await redis.kill();
    const a = open();
    expect((await refusal(a.claim("key", 1_000))).error).toBeInstanceOf(CoordinatorUnavailableError);
    expect((await refusal(a.subscribe("channel", () => {}))).error).toBeInstanceOf(CoordinatorUnavailableError);
    await redis.restart();
    await works(a);
  });

  test("closes while operations wait: they are refused, and nothing hangs", async () => {
    const a = open({ timeoutMs: 5_000 });
    await works(a);
    redis.hang();
    try {
      const waiting = refusal(a.claim("key", 1_000));
      await new Promise((resolve) => setImmediate(resolve));
      await a.close();
      const { error, ms } = await waiting;
      expect(error).toBeInstanceOf(Error);
      expect(ms).toBeLessThan(2_000);
    } finally {
      redis.wake();
    }
  });

  test("keeps to its prefix, and leaves nothing behind that does not expire", async () => {
    const [one, two] = ["one:", "two:"].map((keyPrefix) => open({ keyPrefix, timeoutMs: 10_000 })) as [
      Coordinator,
      Coordinator,
    ];
    await one.claim("key", 60_000);
    expect(await two.claim("key", 60_000)).toBeDefined();
    await one.increment("count", { ttlMs: 60_000 });
    expect(await two.counter("count")).toBe(0);
    const heard: string[] = [];
    await two.subscribe("channel", (message) => heard.push(message));
    await one.publish("channel", "from one");
    await two.publish("channel", "from two");
    await until(() => heard.length > 0);
    expect(heard).toEqual(["from two"]);

    const client = createClient({ url: redis.url });
    await client.connect();
    const keys = (await client.keys("one:*")).sort();
    expect(keys).toEqual(["one:claim:key", "one:counter:count", "one:fence"]);
    expect(await client.pTTL("one:claim:key")).toBeGreaterThan(0);
    expect(await client.pTTL("one:counter:count")).toBeGreaterThan(0);
    client.destroy();
  });

  test.each(["http://localhost", "localhost:6379", "", "redis//:secret@host"])("refuses the URL %j", (url) => {
    expect(() => createRedisCoordinator({ url })).toThrow(ConfigurationError);
    expect(() => createRedisCoordinator({ url })).not.toThrow("secret");
  });

  test("a process with an open coordinator ends by itself, and one that awaits an answer gets it first", async () => {
    const fixture = fileURLToPath(new URL("./fixtures/redis-process.ts", import.meta.url));
    const run = (url: string, wait: string) =>
      spawnSync(process.execPath, ["--conditions=@flyball/source", fixture, url, wait], {
        encoding: "utf8",
        timeout: 20_000,
      });
    expect(run(redis.url, "10000")).toMatchObject({ status: 0, stdout: "claimed\n", stderr: "" });
    expect(run("redis://127.0.0.1:1", "300")).toMatchObject({
      status: 0,
      stdout: "coordinator_unavailable\n",
      stderr: "",
    });
  });
});

describe.skipIf(!available("redis-server"))("a Redis that asks for a password", () => {
  let redis: RedisService;
  beforeEach(async () => {
    redis = await startRedis(["--requirepass", "open sesame"]);
  });
  afterEach(() => redis.stop());

  test("is used with the right one, refused with a wrong one, and neither is ever repeated", async () => {
    const right = createRedisCoordinator({
      url: `redis://:open%20sesame@127.0.0.1:${redis.port}/3`,
      timeoutMs: 10_000,
    });
    expect(await right.claim("key", 1_000)).toBeDefined();
    await right.close();
    const logger = keepingLogger();
    const wrong = createRedisCoordinator({ url: `redis://:abracadabra@127.0.0.1:${redis.port}`, timeoutMs, logger });
    const { error } = await refusal(wrong.claim("key", 1_000));
    expect(error).toMatchObject({ code: "coordinator_unavailable", subject: `127.0.0.1:${redis.port}` });
    expect(`${error} ${logger.messages}`).not.toMatch(/sesame|abracadabra/);
    await wrong.close();
  });
});
