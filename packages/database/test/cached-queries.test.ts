import { fakeClock } from "@flyball/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCachedQueries, createSqlitePool, type Pool, type QueryCache } from "../src/index.ts";
import { queryKey } from "../src/query/key.ts";
import type { QueryValue } from "../src/types.ts";
import { rejection } from "./fixtures/until.ts";

/** The smallest cache that keeps the interface's promises: single flight, tags, nothing kept that was computed before. */
function mapCache(): QueryCache & { readonly size: number } {
  const entries = new Map<string, { readonly value: Promise<unknown>; readonly tags: readonly string[] }>();
  return {
    get size() {
      return entries.size;
    },
    getOrCompute<T>(key: string, compute: () => Promise<T>, { tags = [] }: { readonly tags?: readonly string[] } = {}) {
      const known = entries.get(key);
      if (known) return known.value as Promise<T>;
      const value = compute();
      entries.set(key, { value, tags });
      value.catch(() => entries.delete(key));
      return value;
    },
    async invalidate(...tags: string[]) {
      for (const [key, entry] of entries) if (entry.tags.some((tag) => tags.includes(tag))) entries.delete(key);
    },
  };
}

const sql = "SELECT name FROM items WHERE id = $1";
const tags = ["items"];
let pool: Pool;

beforeEach(async () => {
  pool = createSqlitePool({ path: ":memory:" });
  await pool.write("CREATE TABLE items(id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
  await pool.write("INSERT INTO items VALUES (1, 'old'), (2, 'two')");
});
afterEach(() => pool.close());

/** Changes a row behind the back of the cache. */
const behind = (): Promise<unknown> => pool.write("UPDATE items SET name = 'behind' WHERE id = 1");

describe("cached queries", () => {
  test("ask the database once, until a write says that the answer is wrong", async () => {
    const cached = createCachedQueries({ database: pool, cache: mapCache() });
    expect(await cached.read(sql, [1], { tags })).toEqual([{ name: "old" }]);
    await behind();
    expect(await cached.read(sql, [1], { tags })).toEqual([{ name: "old" }]);
    expect(await cached.read(sql, [2], { tags })).toEqual([{ name: "two" }]);
    await cached.write("UPDATE items SET name = 'new' WHERE id = $1", [1], { invalidates: tags });
    expect(await cached.read(sql, [1], { tags })).toEqual([{ name: "new" }]);
  });

  test("have plain paths: no cache, and bypass", async () => {
    const plain = createCachedQueries({ database: pool, cache: undefined });
    const cached = createCachedQueries({ database: pool, cache: mapCache() });
    for (const read of [() => plain.read(sql, [1], { tags }), () => cached.read(sql, [1], { tags, bypass: true })]) {
      await pool.write("UPDATE items SET name = 'before' WHERE id = 1");
      expect(await read()).toEqual([{ name: "before" }]);
      await behind();
      expect(await read()).toEqual([{ name: "behind" }]);
    }
    await plain.write("DELETE FROM items", [], { invalidates: tags });
  });

  test("are forgotten after the commit of a transaction, not before, and by a failed write too", async () => {
    const cache = mapCache();
    const cached = createCachedQueries({ database: pool, cache });
    await cached.read(sql, [2], { tags: ["item:2"] });
    await cached.transaction(async (transaction, touch) => {
      await transaction.write("UPDATE items SET name = 'second' WHERE id = 2");
      touch("item:2");
      expect(cache.size).toBe(1);
    });
    expect(await cached.read(sql, [2], { tags: ["item:2"] })).toEqual([{ name: "second" }]);
    const refused = cached.write("UPDATE items SET name = 'old' WHERE id = 2", [], { invalidates: ["item:2"] });
    expect(await rejection(refused)).toMatchObject({ code: "database_constraint" });
    expect(cache.size).toBe(0);
  });

  test("fail as the query does, which is not kept", async () => {
    const cached = createCachedQueries({ database: pool, cache: mapCache() });
    const broken = "SELECT * FROM later";
    expect(await rejection(cached.read(broken, [], { tags }))).toMatchObject({ code: "database_refused" });
    await pool.write("CREATE TABLE later(a)");
    expect(await cached.read(broken, [], { tags })).toEqual([]);
    expect(cached.failures.size).toBe(0);
  });

  test("a cache that fails before or after computing is counted, and the database answers, asked once", async () => {
    let reads = 0;
    const counting: Pool = {
      ...pool,
      read: (...asked) => {
        reads++;
        return pool.read(...asked);
      },
    };
    const before: QueryCache = {
      getOrCompute: () => {
        throw new Error("broken");
      },
      invalidate: () => Promise.reject(new Error("broken")),
    };
    const after: QueryCache = {
      getOrCompute: async (_, compute) => {
        await compute();
        throw new Error("cannot keep it");
      },
      invalidate: () => {
        throw new Error("broken");
      },
    };
    for (const cache of [before, after]) {
      const cached = createCachedQueries({ database: counting, cache });
      reads = 0;
      expect(await cached.read(sql, [2], { tags })).toEqual([{ name: "two" }]);
      expect(reads).toBe(1);
      const { rowCount } = await cached.write("UPDATE items SET name = 'x' WHERE id = 1", [], { invalidates: tags });
      expect(rowCount).toBe(1);
      expect(cached.failures.get("invalidation")).toBe(1);
      expect(cached.failures.get("cached query")).toBe(1);
    }
  });

  test("an invalidation that hangs does not hold the write up", async () => {
    const clock = fakeClock();
    const cache: QueryCache = { ...mapCache(), invalidate: () => new Promise(() => {}) };
    const cached = createCachedQueries({ database: pool, cache, clock, invalidateTimeoutMs: 500 });
    let done = false;
    const writing = cached.write("DELETE FROM items", [], { invalidates: tags }).then((result) => {
      done = true;
      return result;
    });
    while (clock.pending === 0) await clock.advance(0);
    await clock.advance(499);
    expect(done).toBe(false);
    await clock.advance(1);
    expect((await writing).rowCount).toBe(2);
    expect(cached.failures.get("invalidation")).toBe(1);
  });

  test("what is kept is read fresh, and one caller's signal does not end it", async () => {
    const asked: unknown[] = [];
    const watching: Pool = {
      ...pool,
      read: (text, values, options) => {
        asked.push(options);
        return pool.read(text, values, options);
      },
    };
    const cached = createCachedQueries({ database: watching, cache: mapCache() });
    const { signal } = new AbortController();
    await cached.read(sql, [1], { tags, name: "items.name", signal });
    expect(asked).toEqual([{ fresh: true, name: "items.name" }]);
  });
});

describe("a query's key", () => {
  const value = fc.oneof(
    fc.string(),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.date(),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(fc.integer(), { maxLength: 3 }),
  ) as fc.Arbitrary<QueryValue>;

  test("is equal for equal queries only", () => {
    const asked = fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("x", "y"), fc.array(value, { maxLength: 3 }));
    fc.assert(
      fc.property(asked, asked, (one, other) => {
        const same = Object.is(describeExactly(one), describeExactly(other));
        expect(queryKey(...one) === queryKey(...other)).toBe(same);
      }),
    );
    const different: QueryValue[] = [
      1,
      "1",
      1n,
      true,
      null,
      "null",
      Number.NaN,
      new Date(1),
      new Date(1).toISOString(),
      Uint8Array.of(1),
      [1],
      ["1"],
      "[1]",
    ];
    expect(new Set(different.map((one) => queryKey("a", "x", [one]))).size).toBe(different.length);
  });

  function describeExactly([identity, text, values]: readonly [string, string, readonly QueryValue[]]): string {
    // Negative zero and zero are one number to every database.
    const exactly = (one: QueryValue): string =>
      one instanceof Date
        ? `date ${one.getTime()}`
        : one instanceof Uint8Array
          ? `bytes ${Buffer.from(one).toString("hex")}`
          : Array.isArray(one)
            ? `list [${one.map(exactly).join()}]`
            : `${typeof one} ${typeof one === "string" ? JSON.stringify(one) : String(one)}`;
    return `${identity}|${text}|${values.map(exactly).join("|")}`;
  }
});
