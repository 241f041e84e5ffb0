import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeClock, silentLogger } from "@flyball/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { startRedis } from "../../../test/services/redis.ts";
import { openRecords } from "../src/records.ts";
import { type StartOptions, start } from "../src/start.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "flyball-sdk-cache-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

const begin = (options: StartOptions = {}) => start({ home, environment: {}, ...options });
const memoryOnly = { store: { path: ":memory:" }, cache: { disk: { enabled: false } } } as const;

describe("the service's cache", () => {
  test("costs nothing until it is used, then shows on /health and /metrics", async () => {
    await using flyball = await begin();
    expect(flyball.cache.stats()).toBeUndefined();
    expect((await flyball.health()).parts).not.toHaveProperty("cache");
    expect(existsSync(join(home, "cache.db"))).toBe(false);

    expect(await flyball.cache.getOrCompute("a", () => 1)).toBe(1);
    expect(await flyball.cache.getOrCompute("a", () => 2)).toBe(1);
    await flyball.cache.flush();
    expect(existsSync(join(home, "cache.db"))).toBe(true);
    expect(flyball.cache.stats()).toMatchObject({ calls: 2, hits: 1, computed: 1 });
    expect((await flyball.health()).parts.cache).toEqual({
      healthy: true,
      facts: { levels: "memory, disk", hitRatio: 0.5 },
    });
    const { body } = await flyball.metrics({});
    expect(body).toMatch(/^flyball_cache_duration_seconds_count\{cache="cache",level="memory",result="hit"\} 1$/m);
    expect(body).toMatch(/^flyball_cache_duration_seconds_count\{cache="cache",level="disk",result="miss"\} 1$/m);
    expect(body).toMatch(/^flyball_cache_entries\{cache="cache",level="memory"\} 1$/m);
    expect(body).toMatch(/^flyball_cache_available\{cache="cache",level="disk"\} 1$/m);
    expect(body).toMatch(/^flyball_cache_evictions_total\{cache="cache",level="memory"\} 0$/m);
  });

  test("importing the sdk and starting does not load its package", () => {
    const script = `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
      const { start } = await import("@flyball/sdk");
      const flyball = await start({ home: ${JSON.stringify(home)}, environment: {} });
      const before = loaded.filter((url) => url.includes("/packages/cache/")).length;
      await flyball.cache.getOrCompute("a", () => 1);
      const after = loaded.filter((url) => url.includes("/packages/cache/")).length;
      await flyball.shutdown();
      process.stdout.write(JSON.stringify({ before, some: after > 0 }));`;
    const options = { encoding: "utf8", cwd: join(import.meta.dirname, "..") } as const;
    const ran = spawnSync(
      process.execPath,
      ["--conditions=@flyball/source", "--input-type=module", "--eval", script],
      options,
    );
    expect(ran.stdout, ran.stderr).toBe('{"before":0,"some":true}');
  });

  test("the disk has what an earlier process computed", async () => {
    const first = await begin();
    await first.cache.namespace("reports").getOrCompute("a", () => ({ at: new Date(0) }));
    await first.shutdown();
    await using second = await begin();
    const found = await second.cache.namespace("reports").getOrCompute("a", () => "computed again");
    expect(found).toEqual({ at: new Date(0) });
    expect(second.cache.stats()?.levels.disk).toMatchObject({ hits: 1 });
  });

  test("one tenant never finds what another's is", async () => {
    await using flyball = await begin(memoryOnly);
    expect(await flyball.cache.tenant("a").getOrCompute("key", () => "of a")).toBe("of a");
    expect(await flyball.cache.tenant("b").getOrCompute("key", () => "of b")).toBe("of b");
    expect(
      await flyball.cache
        .namespace("n")
        .tenant("a")
        .getOrCompute("key", () => "of n"),
    ).toBe("of n");
    expect(await flyball.cache.tenant("a").getOrCompute("key", () => "again")).toBe("of a");
  });

  test("cache.enabled: false computes every time and keeps nothing", async () => {
    await using flyball = await begin({ cache: { enabled: false } });
    const answers = [1, 2].map((answer) => flyball.cache.getOrCompute("a", () => answer));
    expect(await Promise.all(answers)).toEqual([1, 2]);
    expect(flyball.cache.stats()).toMatchObject({ bypassed: 2, levels: {} });
    expect(existsSync(join(home, "cache.db"))).toBe(false);
  });

  test("CACHE_TTL_SECONDS is how long answers are fresh", async () => {
    const clock = fakeClock();
    await using flyball = await begin({ ...memoryOnly, clock, environment: { CACHE_TTL_SECONDS: "60" } });
    const ask = (answer: number) => flyball.cache.getOrCompute("a", () => answer);
    expect(await ask(1)).toBe(1);
    await clock.advance(50_000);
    expect(await ask(2)).toBe(1);
    await clock.advance(11_000);
    expect(await ask(3)).toBe(3);
  });

  test("used after the shutdown it still computes", async () => {
    const flyball = await begin();
    await flyball.shutdown();
    expect(await flyball.cache.getOrCompute("a", () => 1)).toBe(1);
    expect(existsSync(join(home, "cache.db"))).toBe(false);
  });

  test("a file that cannot be opened costs the disk only", async () => {
    await using flyball = await begin({ cache: { disk: { path: home } }, logger: silentLogger });
    expect(await flyball.cache.getOrCompute("a", () => 1)).toBe(1);
    expect(await flyball.cache.getOrCompute("a", () => 2)).toBe(1);
    expect((await flyball.health()).parts.cache).toMatchObject({ healthy: false, reason: "disk does not answer" });
  });

  test("statistics and advice are in the store, for whoever reads beside or after it", async () => {
    const flyball = await begin();
    await flyball.cache.getOrCompute("a", () => 1);
    await flyball.cache.getOrCompute("a", () => 1);
    await flyball.shutdown();
    const records = await openRecords({ environment: {}, code: { home } });
    const [snapshot] = records?.caches(15) ?? [];
    expect(snapshot).toMatchObject({
      cache: "cache",
      stats: { calls: 2, hits: 1 },
      advice: { sampled: expect.any(Number) },
    });
    await records?.close();
  });

  describe.skipIf(!available("redis-server"))("with redis.url", () => {
    test("Redis stands between memory and disk", async () => {
      const redis = await startRedis();
      try {
        const on = { redis: { url: redis.url }, cache: { disk: { enabled: false } }, logger: silentLogger };
        const [first, second] = [await begin(on), await begin(on)];
        // Loading and connecting on a busy machine may take longer than the deadlines of the first look-ups.
        const exchanged = async (): Promise<unknown> => {
          await first.cache.set("a", "from the first");
          return (await second.cache.get("a"))?.value;
        };
        await expect.poll(exchanged, { timeout: 10_000 }).toBe("from the first");
        expect(Object.keys(second.cache.stats()?.levels ?? {})).toEqual(["memory", "redis"]);
        await Promise.all([first.shutdown(), second.shutdown()]);
      } finally {
        await redis.stop();
      }
    });
  });
});
