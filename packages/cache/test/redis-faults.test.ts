import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@redis/client";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { freePort } from "../../../test/services/free-port.ts";
import { type RedisService, startRedis } from "../../../test/services/redis.ts";
import {
  type Cache,
  createCache,
  type LevelFactory,
  memoryLevel,
  type RedisLevelOptions,
  redisLevel,
} from "../src/index.ts";
import { keepingLogger, levelContext, recordOf } from "./fixtures/context.ts";
import { type FaultyProxy, startProxy } from "./fixtures/proxy.ts";
import { until } from "./fixtures/until.ts";

/**
 * Machines that run tests are busy, so there is room around every figure; the figures proper are the benchmark's. What
 * a hang costs later calls must stay below what it costs the first.
 */
const deadlineMs = 1_000;
const slackMs = 900;

describe.skipIf(!available("redis-server"))("a cache on a Redis that …", () => {
  let redis: RedisService;
  const opened: { close(timeoutMs?: number): Promise<void> }[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    redis.wake();
    for (const one of opened.splice(0)) await one.close(100);
  });
  afterAll(() => redis.stop());

  const level = (options: Partial<RedisLevelOptions> = {}): LevelFactory =>
    redisLevel({ url: redis.url, deadlineMs, connectTimeoutMs: 1_000, ...options });
  function cacheOn(factory: LevelFactory = level(), ...others: LevelFactory[]): Cache {
    const cache = createCache({ levels: [...others, factory] });
    opened.push(cache);
    return cache;
  }
  async function proxied(): Promise<FaultyProxy> {
    const proxy = await startProxy(redis.port);
    opened.push(proxy);
    return proxy;
  }
  async function timed<T>(work: () => T | Promise<T>): Promise<{ value: T; ms: number }> {
    const start = performance.now();
    return { value: await work(), ms: performance.now() - start };
  }
  const usable = (cache: Cache): Promise<boolean> => until(() => cache.stats().levels.redis?.available);

  test("is not there: computes, within the deadline, and finds it when it comes", async () => {
    const port = await freePort();
    const cache = cacheOn(redisLevel({ url: `redis://127.0.0.1:${port}`, deadlineMs }));
    const first = await timed(() => cache.getOrCompute("k", () => 1));
    expect(first.value).toBe(1);
    expect(first.ms).toBeLessThan(deadlineMs + slackMs);
    await until(() => cache.stats().levels.redis?.available === false);
    const later = await timed(() => cache.getOrCompute("k", () => 2));
    expect(later.ms).toBeLessThan(slackMs);
    expect(cache.stats().levels.redis).toMatchObject({ available: false, hits: 0 });
    expect(cache.stats().levels.redis?.availability).toBeLessThan(1);
  });

  test("hangs: costs one deadline, then nothing, and is used again when it wakes", async () => {
    const cache = cacheOn();
    await cache.getOrCompute("warm", () => "up");
    await cache.flush();
    redis.hang();
    const first = await timed(() => cache.getOrCompute("a", () => 1));
    expect(first.ms).toBeGreaterThanOrEqual(deadlineMs - 1);
    expect(first.ms).toBeLessThan(deadlineMs + slackMs);
    for (let i = 0; i < 20; i++) {
      const later = await timed(() => cache.getOrCompute(`b${i}`, () => i));
      expect(later.ms).toBeLessThan(slackMs);
    }
    expect(cache.stats().levels.redis).toMatchObject({ errors: 1, skipped: 20 });
    redis.wake();
    await usable(cache);
    expect(await cache.getOrCompute("warm", () => "again")).toBe("up");
  });

  test("hangs from the start", async () => {
    redis.hang();
    const cache = cacheOn();
    const first = await timed(() => cache.getOrCompute("a", () => 1));
    expect(first.ms).toBeLessThan(deadlineMs + slackMs);
    redis.wake();
    await usable(cache);
    await cache.getOrCompute("b", () => 2);
    await cache.flush();
    expect(await cacheOn().getOrCompute("b", () => 3)).toBe(2);
  });

  test("answers slowly but in time: is used", async () => {
    const proxy = await proxied();
    const cache = cacheOn(level({ url: proxy.url }));
    await cache.getOrCompute("slow", () => "kept");
    await cache.flush();
    proxy.manner = { kind: "slow", ms: 60 };
    const answer = await timed(() => cache.getOrCompute("slow", () => "computed"));
    expect(answer.value).toBe("kept");
    expect(answer.ms).toBeGreaterThanOrEqual(58);
    expect(cache.stats().levels.redis).toMatchObject({ hits: 1, available: true });
  });

  test("answers too slowly: is left alone, and probed in the background only", async () => {
    const proxy = await proxied();
    const cache = cacheOn(level({ url: proxy.url, connectTimeoutMs: 600 }));
    await cache.getOrCompute("k0", () => 0);
    await cache.flush();
    proxy.manner = { kind: "slow", ms: 1_500 };
    await cache.getOrCompute("k1", () => 1);
    const end = Date.now() + 700;
    let calls = 0;
    while (Date.now() < end) {
      const { ms } = await timed(() => cache.getOrCompute(`k${calls++}x`, () => 1));
      expect(ms).toBeLessThan(slackMs);
      await sleep(20);
    }
    expect(cache.stats().levels.redis?.errors).toBe(1);
    proxy.manner = { kind: "pass" };
    await usable(cache);
  });

  test("was restarted: misses, and is used again", async () => {
    const cache = cacheOn();
    await cache.getOrCompute("k", () => 1);
    await cache.flush();
    await redis.restart();
    await usable(cache);
    expect(await cache.getOrCompute("k", () => 2)).toBe(2);
    await cache.flush();
    expect(await cacheOn().getOrCompute("k", () => 3)).toBe(2);
  });

  test("breaks every connection: no rejection is left behind", async () => {
    const proxy = await proxied();
    const cache = cacheOn(level({ url: proxy.url }));
    for (let i = 0; i < 10; i++) {
      const asked = Promise.all(Array.from({ length: 20 }, (_, j) => cache.getOrCompute(`k${i}-${j}`, () => j)));
      proxy.cut();
      expect(await asked).toEqual(Array.from({ length: 20 }, (_, j) => j));
      await sleep(20);
    }
    await usable(cache);
  });

  test("answers garbage: misses, and is connected to anew", async () => {
    const proxy = await proxied();
    const cache = cacheOn(level({ url: proxy.url }));
    await cache.getOrCompute("k", () => "kept");
    await cache.flush();
    proxy.manner = { kind: "garbage" };
    expect(await cache.getOrCompute("k", () => "computed")).toBe("computed");
    proxy.manner = { kind: "pass" };
    await usable(cache);
    expect((await cache.get("k"))?.level).toBe("redis");
  });

  test("loses a reply, so that every later one answers another question: nobody gets another's answer", async () => {
    const proxy = await proxied();
    const cache = cacheOn(level({ url: proxy.url }));
    for (let i = 0; i < 20; i++) await cache.getOrCompute(`k${i}`, () => `answer ${i}`);
    await cache.flush();
    proxy.manner = { kind: "lose" };
    const asked: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      asked.push(cache.getOrCompute(`k${i}`, () => `answer ${i}`));
      await sleep(5);
    }
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 20 }, (_, i) => `answer ${i}`));
    await usable(cache);
    expect((await cache.get("k7"))?.level).toBe("redis");
    // The connection that was out of step is gone, or it would never give a right answer again.
    expect(cache.stats().levels.redis?.undecodable).toBeGreaterThan(0);
  });

  test("holds what is none of ours, of another version, or cut off: misses, counted", async () => {
    const one = level()(levelContext());
    opened.push({ close: () => one.close(100) });
    const raw = createClient({ url: redis.url });
    await raw.connect();
    const key = "flyball:cache:broken";
    await one.set("broken", recordOf({ text: "x".repeat(10_000) }), 60_000);
    const good = Buffer.from((await raw.withTypeMapping({ 36: Buffer }).get(key)) as unknown as Buffer);
    const damaged = [
      Buffer.alloc(0),
      Buffer.from("{}"),
      Buffer.from([0xf1, 9, ...good.subarray(2)]),
      good.subarray(0, 30),
      good.subarray(0, good.length - 100),
      Buffer.concat([good.subarray(0, 2), Buffer.from([99]), good.subarray(3)]),
    ];
    for (const bytes of damaged) {
      await raw.set(key, bytes);
      expect(await one.get("broken")).toBeUndefined();
    }
    await raw.del(key);
    await raw.lPush(key, "a list");
    await expect(Promise.resolve(one.get("broken"))).rejects.toThrow("WRONGTYPE");
    expect(one.available).toBe(true);
    expect(one.usage().undecodable).toBe(damaged.length);
    await raw.close();
  });

  test("is full: reads go on, writes are refused and counted, and what was there is not left to outlive them", async () => {
    const small = await startRedis(["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"]);
    opened.push({ close: () => small.stop() });
    const cache = cacheOn(level({ url: small.url }));
    await cache.getOrCompute("kept", () => "v");
    await cache.flush();
    for (let i = 0; i < 40; i++) await cache.set(`fill${i}`, "x".repeat(100_000) + Math.random());
    const stats = cache.stats().levels.redis;
    expect(stats?.refused).toBeGreaterThan(0);
    expect(stats?.available).toBe(true);
    expect(await cache.getOrCompute("kept", () => "computed")).toBe("v");
    await cache.set("kept", "newer");
    expect(await cache.get("kept")).toBeUndefined();
  });

  test("uses more memory than this cache may add to: nothing is written", async () => {
    const cache = cacheOn(level({ maxBytes: 1_000 }));
    await cache.set("k", 1);
    expect(cache.stats().levels.redis).toMatchObject({ refused: 1 });
    expect(await cache.get("k")).toBeUndefined();
  });

  test("takes connections and says nothing, ever", async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    opened.push({ close: async () => void server.close() });
    const { port } = server.address() as { port: number };
    const cache = cacheOn(level({ url: `redis://127.0.0.1:${port}` }));
    const first = await timed(() => cache.getOrCompute("a", () => 1));
    expect(first.ms).toBeLessThan(deadlineMs + slackMs);
    const later = await timed(() => cache.getOrCompute("b", () => 2));
    expect(later.ms).toBeLessThan(slackMs);
  });

  test("fails: what failed is logged once a cause, without the password", async () => {
    const logger = keepingLogger();
    const url = `redis://user:secret@127.0.0.1:${await freePort()}`;
    const cache = createCache({ levels: [redisLevel({ url, deadlineMs })], logger });
    opened.push(cache);
    for (let i = 0; i < 5; i++) await cache.getOrCompute(`k${i}`, () => i);
    await until(() => logger.messages.length > 0);
    expect(logger.messages.join("\n")).not.toContain("secret");
    expect(new Set(logger.messages).size).toBe(logger.messages.length);
  });

  test("lies below memory: memory answers whatever Redis does", async () => {
    const cache = cacheOn(level(), memoryLevel());
    await cache.getOrCompute("k", () => 1);
    await cache.flush();
    redis.hang();
    expect(cache.getOrCompute("k", () => 2)).toBe(1);
  });

  test("does not keep a finished process waiting", async () => {
    const cache = cacheOn();
    await cache.getOrCompute("k", () => 1);
    redis.hang();
    const closing = await timed(() => cache.close(500));
    expect(closing.ms).toBeLessThan(500 + slackMs);
  });
});

test("an address that is none of Redis is refused at the start, without its password", () => {
  expect(() => redisLevel({ url: "http://user:secret@host" })).toThrow("redis.url");
  expect(() => redisLevel({ url: "http://user:secret@host" })).not.toThrow("secret");
  expect(() => redisLevel({ url: "redis://localhost", deadlineMs: 0 })).toThrow("redis.deadlineMs");
});
