import { expectTypeOf, test } from "vitest";
import {
  type Cache,
  createCache,
  type Level,
  type LevelFactory,
  type MaybePromise,
  memoryLevel,
} from "../src/index.ts";

test("the answer has the type of what computes it", async () => {
  const cache = createCache();
  expectTypeOf(cache.getOrCompute("k", () => 1)).toEqualTypeOf<MaybePromise<number>>();
  expectTypeOf(cache.getOrCompute("k2", async () => ({ text: "a" }))).toEqualTypeOf<MaybePromise<{ text: string }>>();
  expectTypeOf(await cache.getOrCompute("k3", async () => null)).toEqualTypeOf<null>();
  void cache.getOrCompute("k4", () => 1, { ttlMs: (value) => (value > 0 ? 1 : 2) });
  // @ts-expect-error the time to live is asked of a number
  void cache.getOrCompute("k5", () => 1, { ttlMs: (value: string) => value.length });
  // @ts-expect-error a key is a string
  Promise.resolve(cache.getOrCompute(7, () => 1)).catch(() => {});
  // @ts-expect-error there is no such option
  void cache.getOrCompute("k6", () => 1, { ttl: 5 });
  expectTypeOf(await cache.get<number>("k")).toMatchTypeOf<{ value: number } | undefined>();
  await cache.close();
});

test("anybody can write a level", () => {
  expectTypeOf(memoryLevel()).toEqualTypeOf<LevelFactory>();
  expectTypeOf<(context: { cache: string }) => Level>().toMatchTypeOf<LevelFactory>();
  expectTypeOf<ReturnType<typeof createCache>>().toEqualTypeOf<Cache>();
});
