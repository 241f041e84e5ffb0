import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createLocalCoordinator, createRedisCoordinator } from "@flyball/storage";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type RedisService, startRedis } from "../../../test/services/redis.ts";
import {
  type Cache,
  ComputedElsewhereError,
  createCache,
  diskLevel,
  keyvLevel,
  memoryLevel,
  redisLevel,
} from "../src/index.ts";
import type { CallRequest, CallResult } from "./fixtures/cache-child.ts";
import { counted } from "./fixtures/counted.ts";
import { temporaryFolders } from "./fixtures/folders.ts";
import { until } from "./fixtures/until.ts";

const folderOf = temporaryFolders();
const opened: { close(): Promise<void> }[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const one of opened.splice(0).reverse()) await one.close();
});

describe("processes on one machine", () => {
  test("one computes, the others are told", async () => {
    const folder = folderOf();
    const shared = new Map<string, unknown>();
    const process = (): Cache => {
      const coordinator = createLocalCoordinator(join(folder, "coordinator.db"));
      const cache = createCache({
        coordinator,
        levels: [memoryLevel(), keyvLevel(shared, { deadlineMs: 5_000 })],
        coordinatorDeadlineMs: 5_000,
      });
      opened.push(coordinator, cache);
      return cache;
    };
    const caches = [process(), process(), process()];
    const work = counted<string>();
    const asked = caches.map((cache) => cache.getOrCompute("k", work.compute));
    await until(() => work.calls === 1);
    await sleep(30);
    work.end("v");
    expect(await Promise.all(asked)).toEqual(["v", "v", "v"]);
    expect(work.calls).toBe(1);
    expect(caches.reduce((sum, cache) => sum + cache.stats().coalesced, 0)).toBe(2);
  });

  test("an answer that only its process can keep is computed by each, at the same time", async () => {
    const folder = folderOf();
    const coordinator = createLocalCoordinator(join(folder, "coordinator.db"));
    opened.push(coordinator);
    const caches = [1, 2, 3].map(() =>
      createCache({
        coordinator,
        levels: [memoryLevel(), diskLevel({ path: join(folder, "d.db") })],
        coordinatorDeadlineMs: 5_000,
      }),
    );
    opened.push(...caches);
    class Answer {}
    const start = performance.now();
    let calls = 0;
    const answers = await Promise.all(
      caches.map((cache) =>
        cache.getOrCompute("k", async () => {
          calls++;
          await sleep(500);
          return new Answer();
        }),
      ),
    );
    expect(answers.every((answer) => answer instanceof Answer)).toBe(true);
    expect(calls).toBe(3);
    expect(performance.now() - start).toBeLessThan(1_400);
    expect(caches.reduce((sum, cache) => sum + cache.stats().unstorable, 0)).toBe(3);
  });
});

describe.skipIf(!available("redis-server"))("processes that share a Redis", () => {
  let redis: RedisService;
  let unique = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.wake());
  afterAll(() => redis.stop());

  const leaseMs = 600;
  function cacheHere(): Cache {
    const coordinator = createRedisCoordinator({ url: redis.url, timeoutMs: 2_000 });
    const cache = createCache({
      coordinator,
      levels: [memoryLevel(), redisLevel({ url: redis.url, deadlineMs: 1_000 })],
      leaseMs,
      coordinatorDeadlineMs: 1_000,
    });
    opened.push(coordinator, cache);
    return cache;
  }
  async function processOf(ownLeaseMs = leaseMs): Promise<(request: CallRequest) => Promise<CallResult>> {
    const child = fork(join(import.meta.dirname, "fixtures/cache-child.ts"), [redis.url, String(ownLeaseMs)], {
      execArgv: ["--conditions=@flyball/source"],
    });
    children.push(child);
    await new Promise((resolve) => child.once("message", resolve));
    return (request) =>
      new Promise((resolve, reject) => {
        child.once("message", (result) => resolve(result as CallResult));
        child.once("exit", () => reject(new Error("the process is gone")));
        child.send(request);
      });
  }

  test("1,000 callers in each of 4 processes on one cold key: one computation", async () => {
    const processes = await Promise.all([1, 2, 3, 4].map(() => processOf(10_000)));
    for (let round = 0; round < 3; round++) {
      const key = `cold${unique++}`;
      const results = await Promise.all(processes.map((ask) => ask({ key, callers: 1_000, computeMs: 50 })));
      expect(results.reduce((sum, one) => sum + one.computed, 0)).toBe(1);
      expect(new Set(results.flatMap((one) => one.values)).size).toBe(1);
      // Told, and not left to ask again after half a lease; the figure proper is the benchmark's.
      for (const one of results) expect(one.ms).toBeLessThan(5_000);
    }
  }, 30_000);

  test("the one that computes dies: another takes over, and nobody waits for ever", async () => {
    const [dying, asking] = [await processOf(), await processOf()];
    const key = `dying${unique++}`;
    const lost = dying({ key, callers: 1, computeMs: 60_000 }).catch(() => "gone");
    await sleep(150);
    const start = performance.now();
    const answered = asking({ key, callers: 10, computeMs: 20 });
    await sleep(100);
    children[0]?.kill("SIGKILL");
    expect(await lost).toBe("gone");
    const result = await answered;
    expect(result.computed).toBe(1);
    expect(performance.now() - start).toBeLessThan(3 * leaseMs + 5_000);
  }, 20_000);

  test("a computation that fails fails for all who waited, once, without its text", async () => {
    const [a, b] = [cacheHere(), cacheHere()];
    const key = `fail${unique++}`;
    let calls = 0;
    const compute = async (): Promise<never> => {
      calls++;
      await sleep(100);
      throw Object.assign(new Error("the secret prompt"), { code: "rate_limited" });
    };
    const settled = await Promise.allSettled(
      [a, b].flatMap((cache) => Array.from({ length: 50 }, () => cache.getOrCompute(key, compute))),
    );
    expect(calls).toBe(1);
    const reasons = settled.map((one) => (one as PromiseRejectedResult).reason as Error);
    const elsewhere = reasons.filter((reason) => reason instanceof ComputedElsewhereError);
    expect(elsewhere).toHaveLength(50);
    expect(elsewhere[0]).toMatchObject({ code: "cache_computed_elsewhere", errorType: "rate_limited" });
    expect(elsewhere[0]?.message).not.toContain("secret");
    // The next to ask tries again.
    expect(await b.getOrCompute(key, () => "well")).toBe("well");
  });

  test("Redis goes in the middle of a lease: everybody gets an answer, and soon", async () => {
    const [a, b] = [cacheHere(), cacheHere()];
    const key = `gone${unique++}`;
    const [slow, quick] = [counted<string>(), counted<string>()];
    const first = a.getOrCompute(key, slow.compute);
    await until(() => slow.calls === 1);
    const second = b.getOrCompute(key, quick.compute);
    await sleep(100);
    expect(quick.calls).toBe(0);
    await redis.kill();
    await until(() => quick.calls === 1, 2 * leaseMs + 2_000);
    quick.end("computed by b");
    slow.end("computed by a");
    expect(await second).toBe("computed by b");
    expect(await first).toBe("computed by a");
    await redis.restart();
    await until(() => a.stats().levels.redis?.available && b.stats().levels.redis?.available);
  }, 20_000);

  test("Redis hangs in the middle of a lease: no call hangs with it", async () => {
    const cache = cacheHere();
    const key = `hung${unique++}`;
    const work = counted<string>();
    const asked = cache.getOrCompute(key, work.compute);
    await until(() => work.calls === 1);
    redis.hang();
    const start = performance.now();
    work.end("v");
    expect(await asked).toBe("v");
    expect(performance.now() - start).toBeLessThan(900);
    expect(cache.getOrCompute(key, work.compute)).toBe("v");
  });

  test("refreshes behind stale answers are shared, too", async () => {
    const [a, b] = [cacheHere(), cacheHere()];
    const key = `stale${unique++}`;
    const options = { ttlMs: 100, staleWhileRevalidateMs: 60_000 };
    await a.getOrCompute(key, () => "old", options);
    await a.flush();
    expect(await b.getOrCompute(key, () => "x", options)).toBe("old");
    await sleep(120);
    const work = counted<string>();
    const later = { ...options, ttlMs: 60_000 };
    const answers = await Promise.all([a, b].map((cache) => cache.getOrCompute(key, work.compute, later)));
    expect(answers).toEqual(["old", "old"]);
    await until(() => work.calls === 1);
    await sleep(50);
    work.end("new");
    for (const cache of [a, b]) await until(async () => (await cache.get(key))?.value === "new");
    expect(work.calls).toBe(1);
  });

  test("without leases everybody computes", async () => {
    const coordinator = createRedisCoordinator({ url: redis.url });
    opened.push(coordinator);
    const caches = [1, 2].map(() =>
      createCache({ coordinator, lease: false, levels: [redisLevel({ url: redis.url, deadlineMs: 1_000 })] }),
    );
    opened.push(...caches);
    let calls = 0;
    const compute = async (): Promise<number> => {
      await sleep(50);
      return ++calls;
    };
    await Promise.all(caches.map((cache) => cache.getOrCompute(`free${unique}`, compute)));
    expect(calls).toBe(2);
  });
});
