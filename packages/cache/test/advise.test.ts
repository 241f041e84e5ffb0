import { fakeClock } from "@flyball/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MissRatioCurve, spatialHash } from "../src/advise/miss-ratio-curve.ts";
import { type Ranked, Recency } from "../src/advise/recency.ts";
import { createCache, memoryLevel } from "../src/index.ts";

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Popular keys far more often than others, as questions are asked. */
function zipf(random: () => number, keys: number): () => number {
  const weights = Array.from({ length: keys }, (_, i) => 1 / (i + 1) ** 0.9);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const cumulative: number[] = [];
  let sum = 0;
  for (const weight of weights) {
    sum += weight / total;
    cumulative.push(sum);
  }
  return () => {
    const at = random();
    let [low, high] = [0, keys - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** The share of look-ups that a real LRU of so many entries answers. */
function exactHitRatio(trace: readonly number[], capacity: number): number {
  const lru = new Map<number, true>();
  let hits = 0;
  for (const key of trace) {
    if (lru.delete(key)) hits++;
    lru.set(key, true);
    if (lru.size > capacity) lru.delete(lru.keys().next().value as number);
  }
  return hits / trace.length;
}

describe("the miss-ratio curve", () => {
  const size = 1_000;
  const trace = ((): number[] => {
    const next = zipf(seeded(7), 20_000);
    return Array.from({ length: 150_000 }, next);
  })();

  test.each([256, 2_048])("with %s keys followed is near the exact one, at every size", (capacity) => {
    const curve = new MissRatioCurve(capacity);
    for (const [now, key] of trace.entries()) {
      const hash = spatialHash(`question ${key}`);
      const followed = curve.find(hash);
      if (followed) curve.use(followed, now);
      else curve.fill(hash, size, Number.POSITIVE_INFINITY, now);
    }
    expect(curve.keys).toBeLessThanOrEqual(capacity);
    const errors = [200, 1_000, 4_000, 16_000].map((entries) =>
      Math.abs(curve.hitRatio(entries * size) - exactHitRatio(trace, entries)),
    );
    expect(Math.max(...errors)).toBeLessThan(capacity === 256 ? 0.12 : 0.06);
  });

  test("never answers more with less memory", () => {
    const curve = new MissRatioCurve(64);
    for (const [now, key] of trace.slice(0, 20_000).entries()) {
      const hash = spatialHash(`k${key}`);
      const followed = curve.find(hash);
      if (followed) curve.use(followed, now);
      else curve.fill(hash, 1 + (key % 5_000), 1_000, now);
    }
    const ratios = Array.from({ length: 30 }, (_, i) => curve.hitRatio(2 ** i));
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
    const byTtl = curve.hitRatioByTtl();
    expect(byTtl).toEqual([...byTtl].sort((a, b) => a - b));
  });

  test("the hash spreads keys evenly, near ones too", () => {
    const below = Array.from({ length: 20_000 }, (_, i) => spatialHash(`key-${i}`)).filter(
      (hash) => hash < 2 ** 32 / 8,
    );
    expect(below.length / 20_000).toBeCloseTo(1 / 8, 2);
  });
});

test("the order of use knows the bytes since any key, whatever happens to it", () => {
  const step = fc.record({ key: fc.nat(9), what: fc.constantFrom("use", "remove", "resize"), bytes: fc.nat(100) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const recency = new Recency<Ranked>(10);
      const items = new Map<number, Ranked>();
      // Oldest first, as the model.
      let order: number[] = [];
      for (const { key, what, bytes } of steps) {
        const item = items.get(key);
        if (what === "use") {
          const used = item ?? { slot: 0, bytes };
          if (item) recency.remove(item);
          recency.add(used);
          items.set(key, used);
          order = [...order.filter((one) => one !== key), key];
        } else if (item && what === "remove") {
          recency.remove(item);
          items.delete(key);
          order = order.filter((one) => one !== key);
        } else if (item) {
          recency.resize(item, bytes);
        }
        for (const [index, one] of order.entries()) {
          const since = order.slice(index + 1).reduce((sum, other) => sum + (items.get(other)?.bytes ?? 0), 0);
          expect(recency.bytesSince(items.get(one) as Ranked)).toBeCloseTo(since);
        }
      }
    }),
    { numRuns: 60 },
  );
});

describe("advice", () => {
  test("says what twice the memory would give, and is right about it", async () => {
    const random = seeded(3);
    const next = zipf(random, 4_000);
    const trace = Array.from({ length: 40_000 }, next);
    const run = async (maxBytes: number) => {
      const cache = createCache({ levels: [memoryLevel({ maxBytes })], ttlJitter: 0 });
      for (const key of trace) await cache.getOrCompute(`question ${key}`, () => "a".repeat(600));
      const result = { hitRatio: cache.stats().hitRatio as number, advice: cache.advise() };
      await cache.close();
      return result;
    };
    const [small, large] = [await run(300_000), await run(600_000)];
    const forecast = small.advice?.memory.find(({ factor }) => factor === 2);
    expect(Math.abs((forecast?.hitRatio as number) - large.hitRatio)).toBeLessThan(0.06);
    expect(small.advice?.suggestions.join()).toContain("Twice the memory");
  });

  test("says what longer times to live would give", async () => {
    const clock = fakeClock();
    const cache = createCache({ clock, ttlJitter: 0, levels: [memoryLevel({ ttlMs: 60_000 })] });
    // Every key comes back after 90 seconds, and lives for 60.
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 400; i++) await cache.getOrCompute(`k${i}`, () => i, { ttlMs: 60_000 });
      await clock.advance(90_000);
    }
    const advice = cache.advise();
    expect(advice?.ttl.find(({ factor }) => factor === 1)?.hitRatio).toBeLessThan(0.05);
    expect(advice?.ttl.find(({ factor }) => factor === 2)?.hitRatio).toBeGreaterThan(0.4);
    expect(advice?.suggestions.join()).toContain("Times to live twice as long");
    await cache.close();
  });

  test("says nothing of what it knows too little about, and is off when told", async () => {
    const [cache, off] = [createCache(), createCache({ adviceKeys: 0 })];
    await cache.getOrCompute("k", () => 1);
    expect(cache.advise()?.suggestions).toEqual([]);
    expect(off.advise()).toBeUndefined();
    await Promise.all([cache.close(), off.close()]);
  });
});
