import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type Cache, CacheKeyError, createCache, keyOf, keyvLevel, memoryLevel } from "../src/index.ts";

const data = fc.anything({ withDate: true, withBigInt: true, withMap: true, withSet: true, withNullPrototype: true });

/** The same data with its properties in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== "object") return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, shuffled(item)]),
  );
}

describe("keyOf", () => {
  test("equal data give equal keys, in any order of properties", () => {
    fc.assert(fc.property(data, (value) => keyOf(shuffled(value)) === keyOf(value)));
  });

  test("different data give different keys", () => {
    const plain = fc.jsonValue();
    fc.assert(
      fc.property(plain, plain, (a, b) => {
        const same = JSON.stringify(shuffled(a)) === JSON.stringify(shuffled(b));
        fc.pre(!same && keyText(a) !== keyText(b));
        expect(keyOf(a)).not.toBe(keyOf(b));
      }),
    );
    const alike = [
      ["ab"],
      ["a", "b"],
      ["a", ["b"]],
      [["a", "b"]],
      [1],
      ["1"],
      [1n],
      [true],
      [null],
      [undefined],
      [{}],
      [[]],
      [{ a: 1 }],
      [new Map([["a", 1]])],
      [new Set(["a", 1])],
      [new Date(1)],
      [Buffer.from("a")],
    ];
    expect(new Set(alike.map((parts) => keyOf(...parts))).size).toBe(alike.length);
  });

  test("an optional parameter left out is one that is undefined", () => {
    expect(keyOf({ a: 1, b: undefined })).toBe(keyOf({ a: 1 }));
  });

  test.each([[() => 1], [Symbol("s")], [new (class Model {})()], [Promise.resolve()]])("refuses %s", (value) => {
    expect(() => keyOf(value)).toThrow(CacheKeyError);
  });

  test("refuses cycles", () => {
    const value: Record<string, unknown> = {};
    value.self = { value };
    expect(() => keyOf(value)).toThrow(CacheKeyError);
  });
});

/** Minus zero is zero in JSON and in keys. */
function keyText(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort())
      : item,
  );
}

describe("scopes", () => {
  const made: Cache[] = [];
  afterEach(async () => {
    for (const cache of made.splice(0)) await cache.close();
  });

  test("no key of one tenant, namespace or cache is ever another's, in memory or below", async () => {
    const store = new Map<string, unknown>();
    const levels = [[memoryLevel()], [keyvLevel(store)]];
    for (const level of levels) {
      const [one, two] = [createCache({ name: "one", levels: level }), createCache({ name: "two", levels: level })];
      made.push(one, two);
      const views = [one, two].flatMap((cache) => [
        ...[cache, cache.namespace("a"), cache.namespace("b"), cache.tenant("a"), cache.tenant("b")],
        ...[
          cache.namespace("a").tenant("b"),
          cache.namespace("b").tenant("a"),
          cache.tenant("a:b"),
          cache.tenant("ab"),
        ],
      ]);
      const keys = ["k", "a:k", "b\u0000k", ":", "", "x".repeat(500), "a", "bk"];
      for (const [index, view] of views.entries()) for (const key of keys) await view.set(key, `${index} ${key}`);
      for (const [index, view] of views.entries()) {
        for (const key of keys) expect((await view.get(key))?.value).toBe(`${index} ${key}`);
      }
    }
    const seen = [...store.keys()].join("\n");
    expect(seen).not.toContain("xxx");
    expect(seen).toContain("one:a:");
  });

  test("views of one tenant are one", async () => {
    const cache = createCache();
    made.push(cache);
    await cache.tenant("acme").set("k", 1);
    expect((await cache.tenant("acme").get("k"))?.value).toBe(1);
  });

  test.each(["", "a:b", "a\u0000", "*", "x".repeat(129)])("refuses the name %j", (name) => {
    expect(() => createCache({ name })).toThrow(CacheKeyError);
    const cache = createCache();
    made.push(cache);
    expect(() => cache.namespace(name)).toThrow(CacheKeyError);
  });

  test.each(["", "a\u0000b"])("refuses the tenant %j", (tenant) => {
    const cache = createCache();
    made.push(cache);
    expect(() => cache.tenant(tenant)).toThrow(CacheKeyError);
  });
});
