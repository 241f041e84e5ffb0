import { setTimeout as sleep } from "node:timers/promises";
import { ConfigurationError } from "@flyball/core";
import { afterEach, describe, expect, test } from "vitest";
import { type Cache, type CacheOptions, createCache, keyvLevel, memoryLevel } from "../src/index.ts";

const made: Cache[] = [];
afterEach(async () => {
  for (const cache of made.splice(0)) await cache.close();
});
function cacheOn(store: Map<string, unknown>, options: CacheOptions = {}): Cache {
  const cache = createCache({ levels: [memoryLevel(), keyvLevel(store)], ...options });
  made.push(cache);
  return cache;
}

describe("warming", () => {
  test("brings into memory what a level has, and computes the rest", async () => {
    const store = new Map();
    const earlier = cacheOn(store);
    await earlier.set("a", 1);
    const cache = cacheOn(store);
    const compute = async (key: string): Promise<number> => {
      if (key === "bad") throw new Error("no");
      return 2;
    };
    expect(await cache.warm({ keys: ["a", "b", "bad", "b"], compute })).toEqual({
      found: 1,
      computed: 1,
      missing: 0,
      failed: 1,
    });
    expect([cache.getOrCompute("a", () => 0), cache.getOrCompute("b", () => 0)]).toEqual([1, 2]);
    expect(await cache.warm({ keys: ["c"] })).toEqual({ found: 0, computed: 0, missing: 1, failed: 0 });
  });

  test("does a few at a time, and stops when told", async () => {
    const cache = cacheOn(new Map());
    const controller = new AbortController();
    let [running, most, calls] = [0, 0, 0];
    const compute = async (): Promise<number> => {
      most = Math.max(most, ++running);
      if (++calls === 10) controller.abort();
      await sleep(1);
      return running--;
    };
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
    const warmed = await cache.warm({ keys, compute, concurrency: 3, signal: controller.signal });
    expect(most).toBe(3);
    expect(warmed.computed).toBeLessThan(14);
  });

  test("knows what earlier processes used most, if they were asked to remember", async () => {
    const store = new Map();
    const earlier = cacheOn(store, { historyKeys: 3 });
    for (let i = 0; i < 10; i++) {
      for (let use = 0; use <= i; use++) await earlier.getOrCompute(`k${i}`, () => i);
    }
    await earlier.tenant("acme").getOrCompute("private", () => 1);
    for (let use = 0; use < 50; use++) await earlier.tenant("acme").getOrCompute("private", () => 1);
    await earlier.close();
    const cache = cacheOn(store, { historyKeys: 3 });
    expect(await cache.warm({ history: 10 })).toMatchObject({ found: 3, missing: 0 });
    for (const i of [9, 8, 7]) expect(cache.getOrCompute(`k${i}`, () => -1)).toBe(i);
    expect([...store.keys()].some((key) => key.includes("private"))).toBe(false);
    await expect(cache.tenant("acme").warm({ history: 10 })).rejects.toBeInstanceOf(ConfigurationError);
    const forgetful = cacheOn(new Map());
    expect(await forgetful.warm({ history: 10 })).toMatchObject({ found: 0, missing: 0 });
  });
});
