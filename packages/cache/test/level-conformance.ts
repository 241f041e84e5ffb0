import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LevelFactory } from "../src/index.ts";
import type { Level } from "../src/types.ts";
import { entryOf, levelContext, recordOf } from "./fixtures/context.ts";
import { until } from "./fixtures/until.ts";

/** What a driver brings to the suite. */
export interface LevelHarness {
  start(): Promise<LevelFactory>;
  stop(): Promise<void>;
  /** Values that stay in the process need not be encodable. */
  readonly encodes: boolean;
  /** What `clear("a:")` must leave alone. keyv's adapters can only delete everything. */
  readonly clearsByPrefix: boolean;
}

export const values: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  false: false,
  zero: 0,
  "minus zero": -0,
  NaN: Number.NaN,
  "an empty string": "",
  text: "Ὀδυσσεύς — “naïve” 𝒳 \u0000 end",
  "half a surrogate pair": "broken \ud83d",
  "a long text": "Die Frist beträgt drei Jahre — ".repeat(20_000),
  "a BigInt": 2n ** 70n,
  "a Date": new Date(86_400_000),
  "a Map in a Set": new Set([new Map([["k", { n: 1 }]])]),
  "a Buffer": Buffer.from([0, 255, 128, 7]),
  "a typed array": new Float64Array([1.5, Number.POSITIVE_INFINITY]),
  "an array with a hole": Object.assign(new Array(3), { 0: 1, 2: 3 }),
  "nested data": { a: [{ b: { c: [true, null, "x"] } }], d: { "": 1, é: 2 } },
  "undefined inside": { a: undefined, b: [undefined] },
  "something large": Array.from({ length: 3_000 }, (_, i) => ({ id: i, title: `Section ${i}`, score: i / 7 })),
};

/** Everything that a Level promises, run for every driver. */
export function describeLevel(driver: string, harness: LevelHarness): void {
  describe(`level: ${driver}`, () => {
    let factory: LevelFactory;
    let level: Level;
    let unique = 0;
    const key = (): string => `a:key-${unique++}`;
    const hour = 3_600_000;

    beforeAll(async () => {
      factory = await harness.start();
      level = factory(levelContext());
    });
    afterAll(async () => {
      await level.close(1_000);
      await harness.stop();
    });

    test("has nothing under a key that was never set", async () => {
      expect(await level.get(key())).toBeUndefined();
      expect(level.available).toBe(true);
    });

    test.each(Object.entries(values))("gives back %s", async (_name, value) => {
      const k = key();
      await level.set(k, recordOf(value), hour);
      const entry = await level.get(k);
      expect(entry).toBeDefined();
      expect(entry?.value).toStrictEqual(value);
    });

    test("gives back what is known about it", async () => {
      const k = key();
      const now = Date.now();
      const entry = entryOf("v", now, {
        usd: 0.0125,
        tags: ["t:1", "ü"],
        epochs: [3, 0, 2 ** 40],
        staleUntil: now + 2 * hour,
      });
      await level.set(k, recordOf("v", now, entry), 2 * hour);
      const found = await level.get(k);
      expect(found).toMatchObject({
        computeMs: 12.5,
        usd: 0.0125,
        tags: ["t:1", "ü"],
        epochs: [3, 0, 2 ** 40],
        createdAt: now,
      });
      expect(found?.staleUntil).toBe(now + 2 * hour);
    });

    test("gives back cycles and shared parts", async () => {
      const k = key();
      const shared = { n: 1 };
      const value: Record<string, unknown> = { a: shared, b: shared };
      value.self = value;
      await level.set(k, recordOf(value), hour);
      const found = (await level.get(k))?.value as Record<string, unknown>;
      expect(found.self).toBe(found);
      expect(found.a).toBe(found.b);
    });

    test("the last one set is the one that is there", async () => {
      const k = key();
      for (let i = 0; i < 20; i++) await level.set(k, recordOf(i), hour);
      expect((await level.get(k))?.value).toBe(19);
    });

    test("deletes", async () => {
      const k = key();
      await level.set(k, recordOf(1), hour);
      await level.delete(k);
      expect(await level.get(k)).toBeUndefined();
      await level.delete(k);
      await level.set(k, recordOf(2), hour);
      expect((await level.get(k))?.value).toBe(2);
    });

    test("keeps an entry for its time and not for ever", async () => {
      const k = key();
      const now = Date.now();
      await level.set(k, recordOf(1, now, { expiresAt: now + 150, staleUntil: now + 150 }), 150);
      expect((await level.get(k))?.value).toBe(1);
      await until(async () => {
        const entry = await level.get(k);
        return entry === undefined || entry.staleUntil <= Date.now();
      });
      expect(Date.now()).toBeGreaterThanOrEqual(now + 149);
    });

    test.each([0, -1, Number.NaN])("a time of %s ms keeps nothing, and ends what was there", async (ms) => {
      const k = key();
      await level.set(k, recordOf("old"), hour);
      const refused = level.usage().refused;
      await level.set(k, recordOf("new", Date.now(), { expiresAt: 0, staleUntil: 0 }), ms);
      expect(await level.get(k)).toBeUndefined();
      expect(level.usage().refused).toBe(refused + 1);
    });

    test.each([2 ** 31, 400 * 24 * hour, Number.MAX_SAFE_INTEGER])(
      "keeps for %s ms, beyond what timers take",
      async (ms) => {
        const k = key();
        const now = Date.now();
        await level.set(k, recordOf("long", now, { expiresAt: now + ms, staleUntil: now + ms }), ms);
        expect((await level.get(k))?.value).toBe("long");
      },
    );

    test("refuses what is too large, ends what was there, and counts it", async () => {
      const k = key();
      await level.set(k, recordOf("small"), hour);
      const refused = level.usage().refused;
      await level.set(k, recordOf(randomBytes(20 * 2 ** 20)), hour);
      expect((await level.get(k)) === undefined).toBe(true);
      expect(level.usage().refused).toBe(refused + 1);
    });

    if (harness.encodes) {
      test.each([
        ["a function", { f: () => 1 }, /a function/],
        ["a symbol", Symbol("s"), /a symbol/],
        ["an instance of a class", { deep: [new (class Money {})()] }, /an instance of Money/],
        ["a promise", Promise.resolve(1), /an instance of Promise/],
        ["a URL", new URL("http://localhost"), /an instance of URL/],
      ])("refuses %s clearly, because it would not come back", async (_name, value, message) => {
        await expect((async () => level.set(key(), recordOf(value), hour))()).rejects.toThrow(message);
      });
    } else {
      test("hands out the very value that was set", async () => {
        const k = key();
        const value = { f: () => 1 };
        await level.set(k, recordOf(value), hour);
        expect((await level.get(k))?.value).toBe(value);
      });
    }

    test("many at once", async () => {
      const keys = Array.from({ length: 200 }, key);
      await Promise.all(keys.map((k) => level.set(k, recordOf(k), hour)));
      expect(await Promise.all(keys.map(async (k) => (await level.get(k))?.value))).toEqual(keys);
    });

    test("clears what begins so", async () => {
      const [mine, other] = [key(), `b:${key()}`];
      await level.set(mine, recordOf(1), hour);
      await level.set(other, recordOf(2), hour);
      await level.clear("a:");
      expect(await level.get(mine)).toBeUndefined();
      if (harness.clearsByPrefix) expect((await level.get(other))?.value).toBe(2);
    });

    test("usage never goes below nothing", () => {
      const { bytes = 0, entries = 0, refused } = level.usage();
      expect(bytes).toBeGreaterThanOrEqual(0);
      expect(entries).toBeGreaterThanOrEqual(0);
      expect(refused).toBeGreaterThan(0);
    });
  });
}
