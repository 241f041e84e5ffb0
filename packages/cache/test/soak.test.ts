import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRedisCoordinator } from "@flyball/storage";
import { expect, test } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { startRedis } from "../../../test/services/redis.ts";
import { type Cache, createCache, diskLevel, memoryLevel, redisLevel } from "../src/index.ts";
import { temporaryFolders } from "./fixtures/folders.ts";
import { startProxy } from "./fixtures/proxy.ts";
import { until } from "./fixtures/until.ts";

/*
 * Calls of every kind on three caches that share a Redis behind a proxy, each with a disk, while both are made to
 * fail at random. `FLYBALL_SOAK_SECONDS=600 vitest run packages/cache/test/soak.test.ts` makes it long, and
 * `FLYBALL_SOAK_SEED` makes it another one.
 */
const seconds = Number(process.env.FLYBALL_SOAK_SECONDS ?? 5);
const seed = Number(process.env.FLYBALL_SOAK_SEED ?? 20_260_101);
const folderOf = temporaryFolders();

function seeded(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An answer that says what it is an answer to, in every part of it. */
interface Answer {
  readonly key: string;
  readonly tenant: string;
  /** The version of the truth that it was computed from. */
  readonly version: number;
  readonly body: string;
}

test.skipIf(!available("redis-server"))(
  `${seconds} seconds of faults: no wrong answer, no rejection left behind, memory bounded, counts that add up`,
  async () => {
    const random = seeded(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const chance = (share: number): boolean => random() < share;
    const redis = await startRedis(["--maxmemory", "12mb", "--maxmemory-policy", "noeviction"]);
    const proxy = await startProxy(redis.port);
    const folder = folderOf();
    const rejections: unknown[] = [];
    const keep = (reason: unknown): void => void rejections.push(reason);
    process.on("unhandledRejection", keep);

    const maxBytes = 2 ** 20;
    const coordinators = [1, 2, 3].map(() => createRedisCoordinator({ url: redis.url, timeoutMs: 300 }));
    const caches = coordinators.map((coordinator, index) =>
      createCache({
        ...{ coordinator, leaseMs: 300, syncMs: 50, coordinatorDeadlineMs: 150, random },
        levels: [
          memoryLevel({ maxBytes, ttlMs: 300 }),
          redisLevel({ url: proxy.url, deadlineMs: 60, connectTimeoutMs: 200 }),
          diskLevel({ path: join(folder, `${index}.db`), maxBytes: 4 * 2 ** 20 }),
        ],
      }),
    );
    const calls = caches.map(() => 0);
    /** What is true of a key, and since when an older answer about it must no longer be given by whom. */
    const truth = new Map<string, number>();
    const forgottenBy = new Map<string, number>();
    const tenants = ["", "acme", "other"] as const;
    const [wrong, failed]: [string[], number[]] = [[], [0]];
    const end = Date.now() + seconds * 1_000;

    async function call(index: number): Promise<void> {
      const cache = caches[index] as Cache;
      const tenant = pick(tenants);
      const key = `k${Math.floor(random() ** 2 * 300)}`;
      const name = `${tenant} ${key}`;
      const view = tenant === "" ? cache : cache.tenant(tenant);
      // As of the start of the call: what was deleted through this very cache before it must not come back.
      const least = forgottenBy.get(`${index} ${name}`) ?? 0;
      const takes = chance(0.1) ? 15 : 0;
      const fails = chance(0.05);
      const size = chance(0.02) ? 60_000 : 200 + Math.floor(random() * 2_000);
      calls[index] = (calls[index] as number) + 1;
      try {
        const answer = await view.getOrCompute<Answer>(
          key,
          async () => {
            const version = truth.get(name) ?? 0;
            if (takes > 0) await sleep(takes);
            if (fails) throw new Error("fault");
            return { key, tenant, version, body: `${name}—`.repeat(Math.ceil(size / name.length)) };
          },
          {
            ttlMs: pick([50, 200, 1_000, 5_000, 0]),
            ...(chance(0.3) ? { staleWhileRevalidateMs: 100 } : {}),
            ...(chance(0.3) ? { graceMs: 200, softTimeoutMs: 5 } : {}),
            ...(chance(0.1) ? { refreshAhead: 0.5 } : {}),
            ...(chance(0.03) ? { bypass: true } : {}),
            ...(chance(0.03) ? { refresh: true } : {}),
          },
        );
        const right = answer.key === key && answer.tenant === tenant && answer.body.startsWith(`${name}—${name}—`);
        if (!right) wrong.push(`${name} got ${answer.tenant} ${answer.key}`);
        if (answer.version < least) wrong.push(`${name} got version ${answer.version} after ${least} was known`);
      } catch (error) {
        if (error instanceof Error && /fault|failed \(Error\)/.test(error.message))
          failed[0] = (failed[0] as number) + 1;
        else wrong.push(`${name} threw ${String(error)}`);
      }
    }

    async function change(index: number): Promise<void> {
      const tenant = pick(tenants);
      const key = `k${Math.floor(random() ** 2 * 300)}`;
      const name = `${tenant} ${key}`;
      const version = (truth.get(name) ?? 0) + 1;
      truth.set(name, version);
      const cache = caches[index] as Cache;
      await (tenant === "" ? cache : cache.tenant(tenant)).delete(key);
      forgottenBy.set(`${index} ${name}`, version);
    }

    async function client(index: number): Promise<void> {
      while (Date.now() < end) {
        await Promise.all(Array.from({ length: 1 + Math.floor(random() * 8) }, () => call(index)));
        if (chance(0.2)) await change(index);
        if (chance(0.3)) await sleep(1);
      }
    }

    async function faults(): Promise<void> {
      while (Date.now() < end) {
        await sleep(100 + random() * 200);
        switch (Math.floor(random() * 8)) {
          case 0:
            redis.hang();
            await sleep(100 + random() * 200);
            redis.wake();
            break;
          case 1:
            await redis.restart();
            break;
          case 2:
            proxy.cut();
            break;
          case 3:
            proxy.manner = { kind: "slow", ms: 20 + random() * 80 };
            break;
          case 4:
            proxy.manner = { kind: "garbage" };
            break;
          case 5:
            proxy.manner = { kind: "silent" };
            break;
          case 6:
            proxy.manner = { kind: "lose" };
            break;
          default:
            proxy.manner = { kind: "pass" };
        }
      }
      redis.wake();
      proxy.manner = { kind: "pass" };
    }

    try {
      await Promise.all([...caches.flatMap((_, index) => [client(index), client(index)]), faults()]);
      expect(wrong).toEqual([]);
      for (const [index, cache] of caches.entries()) {
        const stats = cache.stats();
        expect(stats.calls).toBe(calls[index]);
        const levels = Object.values(stats.levels);
        const sum = (of: "hits" | "stale"): number => levels.reduce((total, level) => total + level[of], 0);
        expect([sum("hits"), sum("stale")]).toEqual([stats.hits, stats.stale]);
        expect(stats.levels.memory?.bytes).toBeLessThanOrEqual(maxBytes);
        expect(stats.hits).toBeGreaterThan(0);
        expect(stats.computed).toBeGreaterThan(0);
      }
      expect(failed[0]).toBeGreaterThan(0);
      // Everything heals by itself, as soon as Redis has room again.
      for (const cache of caches) {
        await until(() => {
          const { levels, invalidationsWaiting } = cache.stats();
          return levels.redis?.available && invalidationsWaiting === 0;
        }, 30_000);
      }
      expect(rejections).toEqual([]);
    } finally {
      for (const cache of caches) await cache.close();
      for (const coordinator of coordinators) await coordinator.close();
      await proxy.close();
      await redis.stop();
      process.off("unhandledRejection", keep);
    }
  },
  seconds * 1_000 + 60_000,
);
