import { fakeClock, type Logger, silentLogger } from "@flyball/core";
import { describe, expect, expectTypeOf, test } from "vitest";
import { type StartOptions, start } from "../../src/start.ts";

const begin = (options: StartOptions = {}) =>
  start({ environment: {}, store: { path: ":memory:" }, cache: { disk: { enabled: false } }, ...options });

/** A function that gives how often it ran before. */
function counting() {
  let calls = 0;
  return async (_query: { readonly text: string }, _limit = 10): Promise<number> => calls++;
}

describe("a cached function", () => {
  test("computes equal calls once, whoever asks, and keeps its type", async () => {
    await using flyball = await begin();
    const run = counting();
    const search = flyball.cached("search", run);
    expectTypeOf(search).toEqualTypeOf(run);
    expect(await Promise.all([search({ text: "a" }), search({ text: "a" })])).toEqual([0, 0]);
    expect(await search({ text: "a" })).toBe(0);
    expect(await search({ text: "b" })).toBe(1);
    expect(await search({ text: "a" }, 20)).toBe(2);
    expect(flyball.windows.read({ kind: "cache", labels: { result: "hit" } })).toMatchObject({ count: 1 });
  });

  test("keeps `this`, name and length", async () => {
    await using flyball = await begin();
    const service = {
      factor: 2,
      double: flyball.cached("double", async function double(this: { factor: number }, value: number) {
        return value * this.factor;
      }),
    };
    expect(await service.double(4)).toBe(8);
    expect([service.double.name, service.double.length]).toEqual(["double", 1]);
  });

  test("the key, the version and the tenant tell calls apart", async () => {
    await using flyball = await begin();
    const run = counting();
    const byText = flyball.cached("search", run, { key: ({ text }) => text.trim().toLowerCase() });
    expect([await byText({ text: " A" }), await byText({ text: "a" }, 99)]).toEqual([0, 0]);
    const next = flyball.cached("search", run, { key: ({ text }) => text, version: 2 });
    expect(await next({ text: "a" })).toBe(1);
    const tenants = flyball.cached("search", run, { key: () => "same", tenant: ({ text }) => text });
    expect([await tenants({ text: "t1" }), await tenants({ text: "t2" }), await tenants({ text: "t1" })]).toEqual([
      2, 3, 2,
    ]);
    const other = flyball.cached("other", run, { key: ({ text }) => text });
    expect(await other({ text: "a" })).toBe(4);
  });

  test("errors are shared by those who wait, and never kept", async () => {
    await using flyball = await begin();
    let fails = true;
    let calls = 0;
    const flaky = flyball.cached("flaky", async () => {
      calls++;
      if (fails) throw new RangeError("not today");
      return "fine";
    });
    const both = await Promise.allSettled([flaky(), flaky()]);
    expect(both.map((one) => one.status === "rejected" && one.reason.message)).toEqual(["not today", "not today"]);
    expect(calls).toBe(1);
    fails = false;
    expect(await flaky()).toBe("fine");
  });

  test("lives as long as it was told, and goes with its tags", async () => {
    const clock = fakeClock();
    await using flyball = await begin({ clock });
    const search = flyball.cached("search", counting(), { ttlMs: 60_000, tags: ({ text }) => [`row:${text}`] });
    expect(await search({ text: "a" })).toBe(0);
    await clock.advance(30_000);
    expect(await search({ text: "a" })).toBe(0);
    await clock.advance(31_000);
    expect(await search({ text: "a" })).toBe(1);
    await flyball.cache.invalidate("row:a");
    expect(await search({ text: "a" })).toBe(2);
  });

  test("what makes no key is computed, and said once", async () => {
    const warned: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (_fields, message) => void warned.push(message) };
    await using flyball = await begin({ logger });
    let calls = 0;
    const stop = flyball.cached("stop", async (_signal: AbortSignal) => calls++);
    const tenant = flyball.cached("tenant", async () => calls++, { tenant: () => "" });
    const { signal } = new AbortController();
    expect([await stop(signal), await stop(signal), await tenant(), await tenant()]).toEqual([0, 1, 2, 3]);
    expect(warned.filter((line) => line.includes("cache key of"))).toHaveLength(2);
  });

  test("bypass asks and keeps nothing", async () => {
    await using flyball = await begin();
    const search = flyball.cached("search", counting(), { key: () => "same", bypass: ({ text }) => text === "live" });
    const asked = [await search({ text: "a" }), await search({ text: "live" }), await search({ text: "a" })];
    expect(asked).toEqual([0, 1, 0]);
  });

  test("a node inside runs on a miss only; the hit says what it saved", async () => {
    await using flyball = await begin();
    const search = flyball.cached("search", flyball.node("search", counting()));
    await search({ text: "a" });
    await search({ text: "a" });
    expect(flyball.windows.read({ kind: "node", name: "search" }).count).toBe(1);
    expect(flyball.windows.read({ kind: "cache" }).avoided.count).toBe(1);
  });
});
