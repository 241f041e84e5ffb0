import { fakeClock } from "@flyball/core";
import { createTelemetry, type Outcome } from "@flyball/telemetry";
import { afterEach, describe, expect, test } from "vitest";
import { type Cache, type CacheOptions, createCache, keyvLevel, memoryLevel } from "../src/index.ts";

const made: Cache[] = [];
afterEach(async () => {
  for (const cache of made.splice(0)) await cache.close();
});

function observed(options: CacheOptions = {}): {
  cache: Cache;
  seen: () => string[];
  outcomes: Outcome[];
  clock: ReturnType<typeof fakeClock>;
} {
  const clock = fakeClock();
  const telemetry = createTelemetry({ clock });
  const outcomes: Outcome[] = [];
  telemetry.subscribe((outcome) => void outcomes.push(outcome));
  const cache = createCache({
    name: "kb",
    telemetry,
    clock,
    levels: [memoryLevel(), keyvLevel(new Map())],
    ...options,
  });
  made.push(cache);
  const seen = (): string[] => outcomes.splice(0).map(({ labels }) => `${labels?.level} ${labels?.result}`);
  return { cache, seen, outcomes, clock };
}

describe("outcomes", () => {
  test("a call ends in one, after one for each level that could not answer it", async () => {
    const { cache, seen } = observed();
    await cache.getOrCompute("k", () => 1);
    expect(seen()).toEqual(["memory miss", "keyv miss", "compute computed"]);
    await cache.getOrCompute("k", () => 1);
    expect(seen()).toEqual(["memory hit"]);
    await cache.getOrCompute("k", () => 1, { bypass: true });
    expect(seen()).toEqual(["compute bypass"]);
  });

  test("carry what was avoided, by the level that avoided it, and never a cost", async () => {
    const { cache, outcomes, clock } = observed();
    const compute = async (): Promise<number> => {
      await clock.sleep(2_000);
      return 7;
    };
    const asked = cache.getOrCompute("k", compute, { costOf: () => 0.25 });
    await clock.advance(2_000);
    await asked;
    await cache.flush();
    outcomes.length = 0;
    await clock.advance(6 * 60_000);
    await cache.getOrCompute("k", compute);
    await cache.getOrCompute("k", compute);
    expect(outcomes.map(({ labels, avoided, cost }) => ({ ...labels, avoided, cost }))).toEqual([
      { level: "memory", result: "miss", avoided: undefined, cost: undefined },
      { level: "keyv", result: "hit", avoided: { ms: 2_000, usd: 0.25 }, cost: undefined },
      { level: "memory", result: "hit", avoided: { ms: 2_000, usd: 0.25 }, cost: undefined },
    ]);
    expect(cache.stats()).toMatchObject({ savedMs: 4_000, savedUsd: 0.5, hitRatio: 2 / 3 });
    expect(cache.stats().computeMs.p50).toBeCloseTo(2_000, -2);
  });

  test("failures, stale answers and levels that are away have results of their own", async () => {
    const failing = {
      get: async () => Promise.reject(new Error("down")),
      set: async () => Promise.reject(new Error("down")),
      delete: async () => true,
      clear: async () => {},
    };
    const { cache, seen, outcomes, clock } = observed({ levels: [memoryLevel(), keyvLevel(failing as never)] });
    await expect(
      cache.getOrCompute("k", () => {
        throw new TypeError("no");
      }),
    ).rejects.toThrow("no");
    expect(outcomes.at(-1)).toMatchObject({ status: "error", errorType: "TypeError" });
    expect(seen()).toEqual(["memory miss", "keyv error", "compute failed"]);
    for (let i = 0; i < 3; i++) await cache.getOrCompute(`k${i}`, () => i, { ttlMs: 10, graceMs: 10_000 });
    expect(seen().slice(-3)).toEqual(["memory miss", "keyv unavailable", "compute computed"]);
    await clock.advance(20);
    await cache.getOrCompute("k0", () => Promise.reject(new Error("down")), { graceMs: 10_000 });
    expect(seen().at(-1)).toBe("memory stale");
    expect(cache.stats().levels.keyv).toMatchObject({ errors: 2, writeErrors: 1, available: false, availability: 0 });
  });

  test("a telemetry that throws changes nothing", async () => {
    const telemetry = {
      record: () => {
        throw new Error("no");
      },
    };
    const cache = createCache({ telemetry: telemetry as never });
    made.push(cache);
    for (let i = 0; i < 3; i++) expect(await cache.getOrCompute("k", () => 1)).toBe(1);
    expect(cache.stats()).toMatchObject({ calls: 3, failures: { "cache outcome": 4 } });
  });
});

describe("statistics", () => {
  test("every call ends in exactly one way", async () => {
    const { cache } = observed({ telemetry: undefined as never });
    const failing = (): never => {
      throw new Error("no");
    };
    let calls = 0;
    for (let i = 0; i < 200; i++) {
      calls++;
      const options = i % 11 === 0 ? { bypass: true } : i % 7 === 0 ? { refresh: true } : {};
      await Promise.resolve(cache.getOrCompute(`k${i % 20}`, i % 5 === 0 ? failing : () => i, options)).catch(() => {});
    }
    const stats = cache.stats();
    expect(stats.calls).toBe(calls);
    expect(stats.hits + stats.stale + stats.computed + stats.coalesced + stats.failed + stats.bypassed).toBe(calls);
    const levels = Object.values(stats.levels);
    expect(levels.reduce((sum, level) => sum + level.hits, 0)).toBe(stats.hits);
    expect(stats.levels.keyv?.latencyMs.p50).toBeDefined();
  });

  test("say nothing where nothing was", () => {
    const { cache } = observed();
    expect(cache.stats()).toMatchObject({ calls: 0, hitRatio: undefined, savedMs: 0, failures: {} });
    expect(cache.stats().levels.memory).toMatchObject({
      hitRatio: undefined,
      availability: undefined,
      bytes: 0,
      entries: 0,
    });
  });
});
