import { type FakeClock, fakeClock, TimeoutError } from "@flyball/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Cache, CacheKeyError, type CacheOptions, createCache, memoryLevel } from "../src/index.ts";
import { counted, settle } from "./fixtures/counted.ts";

const minute = 60_000;
let clock: FakeClock;
const made: Cache[] = [];

function cacheOf(options: CacheOptions = {}): Cache {
  const cache = createCache({ clock, ttlJitter: 0, levels: [memoryLevel({ ttlMs: 100 * minute })], ...options });
  made.push(cache);
  return cache;
}

beforeEach(() => {
  clock = fakeClock();
});
afterEach(async () => {
  for (const cache of made.splice(0)) await cache.close();
});

describe("a hit", () => {
  test("comes back as it is, without a promise", async () => {
    const cache = cacheOf();
    const value = { a: 1 };
    const first = cache.getOrCompute("k", () => value);
    expect(first).toBeInstanceOf(Promise);
    await first;
    expect(cache.getOrCompute("k", () => ({ a: 2 }))).toBe(value);
  });

  test.each([undefined, null, 0, "", false, Number.NaN])("%s is an answer, not a miss", async (value) => {
    const cache = cacheOf();
    const computed: unknown[] = [];
    const compute = (): unknown => computed[computed.push(value) - 1];
    for (let i = 0; i < 3; i++) expect(await cache.getOrCompute("k", compute)).toBe(value);
    expect(computed).toHaveLength(1);
    expect((await cache.get("k"))?.level).toBe("memory");
  });

  test("ends with its time to live, and not before", async () => {
    const cache = cacheOf();
    let calls = 0;
    const ask = (): unknown => cache.getOrCompute("k", () => ++calls, { ttlMs: minute });
    await ask();
    await clock.advance(minute - 5);
    expect(await ask()).toBe(1);
    await clock.advance(10);
    expect(await ask()).toBe(2);
  });

  test("lives for the level's time at most", async () => {
    const cache = cacheOf({ levels: [memoryLevel()] });
    let calls = 0;
    const ask = (): unknown => cache.getOrCompute("k", () => ++calls);
    await ask();
    await clock.advance(5 * minute - 5);
    expect(await ask()).toBe(1);
    await clock.advance(10);
    expect(await ask()).toBe(2);
  });

  test.each([0, -1, Number.NEGATIVE_INFINITY])("a time to live of %s keeps nothing", async (ttlMs) => {
    const cache = cacheOf();
    let calls = 0;
    for (let i = 0; i < 3; i++) await cache.getOrCompute("k", () => ++calls, { ttlMs });
    expect(calls).toBe(3);
    expect(await cache.get("k")).toBeUndefined();
  });

  test("a time to live that is no number is the cache's own, and counted", async () => {
    const cache = cacheOf();
    let calls = 0;
    for (let i = 0; i < 3; i++) await cache.getOrCompute("k", () => ++calls, { ttlMs: Number.NaN });
    for (let i = 0; i < 3; i++) {
      await cache.getOrCompute("l", () => ++calls, {
        ttlMs: () => {
          throw new Error("no");
        },
      });
    }
    expect(calls).toBe(2);
    expect(cache.stats().failures["cache ttlMs"]).toBe(2);
  });

  test("the time to live may depend on the answer: nothing found is remembered for less", async () => {
    const cache = cacheOf();
    let calls = 0;
    const ask = (): unknown =>
      cache.getOrCompute("k", () => (++calls > 0 ? null : "found"), { ttlMs: (v) => (v === null ? 1_000 : minute) });
    await ask();
    await ask();
    expect(calls).toBe(1);
    await clock.advance(1_010);
    await ask();
    expect(calls).toBe(2);
  });

  test("jitter shortens times to live, and never lengthens them", async () => {
    let random = 0;
    const cache = cacheOf({ ttlJitter: 0.5, random: () => random });
    let calls = 0;
    const ask = (key: string): unknown => cache.getOrCompute(key, () => ++calls, { ttlMs: minute });
    await ask("whole");
    random = 0.999;
    await ask("half");
    await clock.advance(minute / 2 + 100);
    await ask("whole");
    expect(calls).toBe(2);
    await ask("half");
    expect(calls).toBe(3);
  });

  test("a jump of the wall clock neither ends nor prolongs what is in memory", async () => {
    const cache = cacheOf();
    let calls = 0;
    const ask = (): unknown => cache.getOrCompute("k", () => ++calls, { ttlMs: minute });
    await ask();
    clock.jump(3_600_000);
    expect(await ask()).toBe(1);
    clock.jump(-7_200_000);
    await clock.advance(minute + 10);
    expect(await ask()).toBe(2);
  });
});

describe("one computation", () => {
  test("for all who ask meanwhile", async () => {
    const cache = cacheOf();
    const work = counted<string>();
    const asked = Array.from({ length: 1_000 }, () => cache.getOrCompute("k", work.compute));
    await settle();
    work.end("v");
    expect(new Set(await Promise.all(asked))).toEqual(new Set(["v"]));
    expect(work.calls).toBe(1);
    expect(cache.stats()).toMatchObject({ calls: 1_000, computed: 1, coalesced: 999, hits: 0 });
  });

  test("its failure goes to all who waited, and is not tried once for each", async () => {
    const cache = cacheOf();
    const work = counted<string>();
    const error = new Error("model overloaded");
    const asked = Array.from({ length: 1_000 }, () => Promise.resolve(cache.getOrCompute("k", work.compute)));
    const settled = Promise.allSettled(asked);
    await settle();
    work.fail(error);
    for (const one of await settled) expect(one).toMatchObject({ status: "rejected", reason: error });
    await settle();
    expect(work.calls).toBe(1);
    expect(cache.stats()).toMatchObject({ calls: 1_000, failed: 1_000 });
  });

  test("a computation that throws at once, or throws no Error, fails the call with what it threw", async () => {
    const cache = cacheOf();
    await expect(
      cache.getOrCompute("k", () => {
        throw "text";
      }),
    ).rejects.toBe("text");
    expect(await cache.getOrCompute("k", () => 1)).toBe(1);
  });

  test("a failure is remembered if asked for", async () => {
    const cache = cacheOf({ errorTtlMs: 1_000 });
    let calls = 0;
    const error = new Error("down");
    const ask = async (): Promise<unknown> =>
      cache.getOrCompute("k", () => {
        calls++;
        throw error;
      });
    await expect(ask()).rejects.toBe(error);
    await settle();
    await expect(ask()).rejects.toBe(error);
    expect(calls).toBe(1);
    await clock.advance(1_001);
    await expect(ask()).rejects.toBe(error);
    expect(calls).toBe(2);
    await cache.delete("k");
    await expect(ask()).rejects.toBe(error);
    expect(calls).toBe(3);
  });
});

describe("late and stale", () => {
  test("stale while revalidate: the old answer at once, a new one behind it", async () => {
    const cache = cacheOf();
    const work = counted<string>();
    const options = { ttlMs: minute, staleWhileRevalidateMs: minute };
    await cache.getOrCompute("k", () => "old", options);
    await clock.advance(minute + 10);
    for (let i = 0; i < 5; i++) expect(await cache.getOrCompute("k", work.compute, options)).toBe("old");
    expect(work.calls).toBe(1);
    work.end("new");
    await settle();
    expect(await cache.getOrCompute("k", work.compute, options)).toBe("new");
    expect(cache.stats()).toMatchObject({ stale: 5, hits: 1, refreshes: 1 });
  });

  test("a refresh that fails leaves the old answer, and no rejection behind", async () => {
    const cache = cacheOf();
    const options = { ttlMs: minute, staleWhileRevalidateMs: minute };
    await cache.getOrCompute("k", () => "old", options);
    await clock.advance(minute + 10);
    const failing = (): never => {
      throw new Error("down");
    };
    for (let i = 0; i < 3; i++) {
      expect(await cache.getOrCompute("k", failing, options)).toBe("old");
      await settle();
    }
    expect(cache.stats().failures["cache refresh"]).toBe(3);
  });

  test("grace: waits for the new answer, and falls back on the old when there is none", async () => {
    const cache = cacheOf();
    const options = { ttlMs: minute, graceMs: minute };
    await cache.getOrCompute("k", () => "old", options);
    await clock.advance(minute + 10);
    const failing = (): never => {
      throw new Error("down");
    };
    expect(await cache.getOrCompute("k", failing, options)).toBe("old");
    expect(await cache.getOrCompute("k", () => "new", options)).toBe("new");
    await clock.advance(2 * minute + 10);
    await expect(cache.getOrCompute("k", failing, options)).rejects.toThrow("down");
  });

  test("soft timeout: gives the old answer, and keeps the new one when it comes", async () => {
    const cache = cacheOf();
    const work = counted<string>();
    const options = { ttlMs: minute, graceMs: minute, softTimeoutMs: 100 };
    await cache.getOrCompute("k", () => "old", options);
    await clock.advance(minute + 10);
    const asked = cache.getOrCompute("k", work.compute, options);
    await clock.advance(101);
    expect(await asked).toBe("old");
    expect(work.signals[0]?.aborted).toBe(false);
    work.end("new");
    await settle();
    expect(await cache.getOrCompute("k", work.compute, options)).toBe("new");
  });

  test("soft timeout without an old answer waits on", async () => {
    const cache = cacheOf();
    const work = counted<string>();
    const asked = cache.getOrCompute("k", work.compute, { graceMs: minute, softTimeoutMs: 100 });
    await clock.advance(10_000);
    work.end("new");
    expect(await asked).toBe("new");
  });

  test("hard timeout: rejects, aborts what nobody waits for, and lets the next call begin anew", async () => {
    const cache = cacheOf();
    const [stuck, next] = [counted<string>(), counted<string>()];
    const asked = Promise.resolve(cache.getOrCompute("k", stuck.compute, { hardTimeoutMs: 500 }));
    const failure = expect(asked).rejects.toBeInstanceOf(TimeoutError);
    await clock.advance(501);
    await failure;
    expect(stuck.signals[0]?.aborted).toBe(true);
    const again = cache.getOrCompute("k", next.compute);
    await settle();
    next.end("v");
    expect(await again).toBe("v");
  });

  test("hard timeout of one leaves the computation to those who wait longer", async () => {
    const cache = cacheOf();
    const work = counted<string>();
    const hasty = Promise.resolve(cache.getOrCompute("k", work.compute, { hardTimeoutMs: 100 }));
    const patient = cache.getOrCompute("k", work.compute);
    const failure = expect(hasty).rejects.toBeInstanceOf(TimeoutError);
    await clock.advance(101);
    await failure;
    expect(work.signals[0]?.aborted).toBe(false);
    work.end("v");
    expect(await patient).toBe("v");
  });

  test("refresh ahead: a hit late in the life of an answer has it computed anew", async () => {
    const cache = cacheOf({ refreshAhead: 0.8 });
    const work = counted<string>();
    await cache.getOrCompute("k", () => "old", { ttlMs: minute });
    await clock.advance(0.7 * minute);
    expect(cache.getOrCompute("k", work.compute)).toBe("old");
    expect(work.calls).toBe(0);
    await clock.advance(0.15 * minute);
    for (let i = 0; i < 5; i++) expect(cache.getOrCompute("k", work.compute)).toBe("old");
    await settle();
    expect(work.calls).toBe(1);
    work.end("new");
    await settle();
    expect(cache.getOrCompute("k", work.compute)).toBe("new");
  });
});

describe("around the cache", () => {
  test("bypass neither looks, nor keeps, nor shares", async () => {
    const cache = cacheOf();
    await cache.getOrCompute("k", () => "kept");
    let calls = 0;
    const bypassed = await Promise.all([1, 2].map(() => cache.getOrCompute("k", () => `${++calls}`, { bypass: true })));
    expect(bypassed).toEqual(["1", "2"]);
    expect(cache.getOrCompute("k", () => "x")).toBe("kept");
    expect(cache.stats()).toMatchObject({ bypassed: 2, calls: 4 });
  });

  test("refresh computes and keeps, whatever is there", async () => {
    const cache = cacheOf();
    await cache.getOrCompute("k", () => "old");
    expect(await cache.getOrCompute("k", () => "new", { refresh: true })).toBe("new");
    expect(cache.getOrCompute("k", () => "x")).toBe("new");
    await cache.getOrCompute("k", () => "not kept", { refresh: true, ttlMs: 0 });
    await settle();
    expect(await cache.get("k")).toBeUndefined();
  });

  test("set, get and delete", async () => {
    const cache = cacheOf();
    await cache.set("k", 1, { ttlMs: minute, graceMs: minute });
    expect(await cache.get("k")).toMatchObject({ value: 1, level: "memory", stale: false, ageMs: 0 });
    await clock.advance(minute + 5);
    expect(await cache.get("k")).toMatchObject({ value: 1, stale: true });
    expect(await cache.delete("k")).toEqual({ everywhere: true });
    expect(await cache.get("k")).toBeUndefined();
  });

  test("what is computed while its key is deleted or set is given out, and not kept", async () => {
    const cache = cacheOf();
    const work = counted<string>();
    for (const meanwhile of [() => cache.delete("k"), () => cache.set("k", "set")]) {
      const asked = cache.getOrCompute("k", work.compute, { refresh: true });
      await settle();
      await meanwhile();
      work.end("computed");
      expect(await asked).toBe("computed");
      await settle();
      expect((await cache.get("k"))?.value).not.toBe("computed");
    }
  });

  test("whoever asks after a deletion or an invalidation does not get what was being computed before it", async () => {
    const cache = cacheOf();
    for (const forget of [() => cache.delete("k"), () => cache.invalidate("t"), () => cache.clear()]) {
      const [before, after] = [counted<string>(), counted<string>()];
      const early = cache.getOrCompute("k", before.compute, { tags: ["t"] });
      await settle();
      await forget();
      const late = cache.getOrCompute("k", after.compute, { tags: ["t"] });
      await settle();
      before.end("before");
      after.end("after");
      expect([await early, await late]).toEqual(["before", "after"]);
      await settle();
      expect((await cache.get("k"))?.value).toBe("after");
      await cache.delete("k");
    }
  });

  test("after close it only computes", async () => {
    const cache = cacheOf();
    await cache.getOrCompute("k", () => "kept");
    await cache.close();
    await cache.close();
    let calls = 0;
    for (let i = 0; i < 2; i++) expect(await cache.getOrCompute("k", () => ++calls)).toBe(i + 1);
  });

  test("closing aborts what is being computed", async () => {
    const cache = cacheOf();
    const work = counted<string>();
    const asked = cache.getOrCompute("k", work.compute);
    await settle();
    await cache.close();
    expect(work.signals[0]?.aborted).toBe(true);
    work.end("v");
    expect(await asked).toBe("v");
  });

  test.each([undefined, null, 7, {}, "\u0000x"])("refuses the key %s, by rejecting", async (key) => {
    await expect(cacheOf().getOrCompute(key as string, () => 1)).rejects.toBeInstanceOf(CacheKeyError);
  });

  test.each([
    [{ ttlJitter: 1 }, "cache.ttlJitter"],
    [{ ttlMs: Number.NaN }, "cache.ttlMs"],
    [{ refreshAhead: 1.5 }, "cache.refreshAhead"],
    [{ graceMs: -1 }, "cache.graceMs"],
    [{ leaseMs: 0 }, "cache.leaseMs"],
  ])("refuses the options %j", (options, path) => {
    expect(() => cacheOf(options)).toThrow(path);
  });
});
