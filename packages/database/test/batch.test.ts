import { fakeClock } from "@flyball/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  batchGroupLoader,
  batchLoader,
  batchWriter,
  createSqlitePool,
  DatabaseError,
  inList,
  insertRows,
  type Pool,
  type Queryable,
} from "../src/index.ts";
import { rejection } from "./fixtures/until.ts";

interface Item {
  id: number;
  owner: string;
}

let pool: Pool;
let statements: number;
/** The pool, counting what it is asked. */
let counted: Queryable;

beforeEach(async () => {
  pool = createSqlitePool({ path: ":memory:" });
  await pool.write("CREATE TABLE items(id INTEGER PRIMARY KEY, owner TEXT NOT NULL)");
  const rows = Array.from({ length: 1_200 }, (_, id) => ({ id, owner: `owner ${id % 5}` }));
  const { sql, values } = insertRows({ table: "items", columns: ["id", "owner"], rows });
  await pool.write(sql, values);
  statements = 0;
  counted = {
    ...pool,
    read: (...asked) => {
      statements++;
      return pool.read(...asked);
    },
    transaction: (...asked) => {
      statements++;
      return pool.transaction(...asked);
    },
  } satisfies Queryable;
});
afterEach(() => pool.close());

const byId = batchLoader({
  name: "items",
  load: (database, ids: readonly number[]) => {
    const { sql, value } = inList(database.engine, "id", ids);
    return database.read<Item>(`SELECT id, owner FROM items WHERE ${sql} ORDER BY owner DESC`, [value]);
  },
  keyOf: (row) => row.id,
});

describe("a batch loader", () => {
  test("answers what is asked for in one turn with one statement, each key once", async () => {
    const scope = byId.scope(counted);
    const [first, again, missing, more] = await Promise.all([
      scope.load(7),
      scope.load(7),
      scope.load(-1),
      scope.loadMany([3, 4]),
    ]);
    expect([first, again, missing]).toEqual([{ id: 7, owner: "owner 2" }, { id: 7, owner: "owner 2" }, undefined]);
    expect(more.map((row) => row?.id)).toEqual([3, 4]);
    expect(statements).toBe(1);
    await scope.load(7);
    expect(statements).toBe(1);
    scope.forget(7);
    await scope.load(7);
    expect(statements).toBe(2);
  });

  test("splits what is more than the most", async () => {
    const ids = Array.from({ length: 1_200 }, (_, id) => id);
    const rows = await byId.scope(counted).loadMany(ids);
    expect(rows.map((row) => row?.id)).toEqual(ids);
    expect(statements).toBe(3);
  });

  test("gives each key its own row, whatever is asked in whatever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -5, max: 1_205 }), { maxLength: 60 }), async (ids) => {
        const rows = await byId.scope(pool).loadMany(ids);
        expect(rows.map((row) => row?.id)).toEqual(ids.map((id) => (id >= 0 && id < 1_200 ? id : undefined)));
      }),
      { numRuns: 30, seed: 5 },
    );
  });

  test("scopes know nothing of each other", async () => {
    await Promise.all([byId.scope(counted).load(1), byId.scope(counted).load(1)]);
    expect(statements).toBe(2);
  });

  test("has a plain path: each on its own", async () => {
    const scope = byId.scope(counted, { batch: false });
    const rows = await Promise.all([1, 2, 3].map((id) => scope.load(id)));
    expect(rows.map((row) => row?.id)).toEqual([1, 2, 3]);
    expect(statements).toBe(3);
  });

  test("waits for company as long as it is told", async () => {
    const clock = fakeClock();
    const slowly = batchLoader({
      name: "items",
      lingerMs: 20,
      clock,
      load: (database, ids: readonly number[]) => database.read<Item>("SELECT * FROM items WHERE id IN ($1, $2)", ids),
      keyOf: (row) => row.id,
    });
    const scope = slowly.scope(counted);
    const first = scope.load(1);
    await clock.advance(19);
    const second = scope.load(2);
    expect(statements).toBe(0);
    await clock.advance(1);
    expect((await Promise.all([first, second])).map((row) => row?.id)).toEqual([1, 2]);
    expect(statements).toBe(1);
  });

  test("a wrong number of rows without `keyOf` is an error for all, not a shifted answer", async () => {
    for (const given of [1, 3]) {
      const wrong = batchLoader({
        name: "wrong",
        load: async (_: Queryable, __: readonly number[]) => new Array(given).fill("row"),
      });
      const scope = wrong.scope(pool);
      const answers = await Promise.allSettled([scope.load(1), scope.load(2)]);
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: "rejected", reason: { code: "batch_mismatch", subject: "wrong" } });
      }
    }
  });

  test("rows that answer no key, or one key twice, are an error with a reason", async () => {
    const texts = batchLoader({
      name: "texts",
      load: async (_: Queryable, ids: readonly (number | string)[]) => ids.map((id) => ({ id: String(id) })),
      keyOf: (row): number | string => row.id,
    });
    const types = await rejection(texts.scope(pool).load(1));
    expect(types).toMatchObject({ code: "batch_mismatch" });
    expect(types.message).toContain("a string");
    const twice = batchLoader({
      name: "twice",
      load: async (_: Queryable, ids: readonly number[]) => [...ids, ...ids],
      keyOf: (id) => id,
    });
    expect((await rejection(twice.scope(pool).load(1))).message).toContain("two rows for one key");
    const nothing = batchLoader({
      name: "nothing",
      load: async (_: Queryable, __: readonly number[]) => undefined as unknown as number[],
    });
    expect(await rejection(nothing.scope(pool).load(1))).toMatchObject({ code: "batch_mismatch" });
  });

  test("a failed batch fails all who asked, and is asked again by who comes later", async () => {
    let fails = true;
    const moody = batchLoader({
      name: "moody",
      load: async (_: Queryable, ids: readonly number[]) => {
        if (fails) throw new Error("not now");
        return ids;
      },
    });
    const scope = moody.scope(pool);
    const answers = await Promise.allSettled([scope.load(1), scope.load(2)]);
    expect(answers.every(({ status }) => status === "rejected")).toBe(true);
    fails = false;
    expect(await scope.load(1)).toBe(1);
  });

  test("keys that are objects are the same by what identifies them", async () => {
    const pairs = batchLoader({
      name: "pairs",
      load: async (_: Queryable, keys: readonly { a: number; b: number }[]) =>
        keys.map(({ a, b }) => ({ a, b, sum: a + b })),
      keyOf: ({ a, b }) => ({ a, b }),
      identify: ({ a, b }) => `${a}/${b}`,
    });
    const scope = pairs.scope(pool);
    const [one, same] = await Promise.all([scope.load({ a: 1, b: 2 }), scope.load({ a: 1, b: 2 })]);
    expect(one?.sum).toBe(3);
    expect(same).toBe(one);
  });

  test("groups give each key its list", async () => {
    const byOwner = batchGroupLoader({
      name: "items.by-owner",
      load: (database, owners: readonly string[]) => {
        const { sql, value } = inList(database.engine, "owner", owners);
        return database.read<Item>(`SELECT * FROM items WHERE ${sql} ORDER BY id`, [value]);
      },
      keyOf: (row) => row.owner,
    });
    const [some, none] = await byOwner.scope(counted).loadMany(["owner 3", "nobody"]);
    expect(some).toHaveLength(240);
    expect(some?.[0]).toEqual({ id: 3, owner: "owner 3" });
    expect(none).toEqual([]);
    expect(statements).toBe(1);
  });
});

describe("a batch writer", () => {
  const writer = batchWriter({
    name: "items.write",
    write: async (database, items: readonly Item[]) => {
      const { sql, values } = insertRows({
        table: "items",
        columns: ["id", "owner"],
        rows: items,
        suffix: "RETURNING id",
      });
      return (await database.write<{ id: number }>(sql, values)).rows.map(({ id }) => id);
    },
  });

  async function has(id: number): Promise<boolean> {
    return (await pool.read("SELECT 1 FROM items WHERE id = $1", [id])).length === 1;
  }

  test("stores what is handed over in one turn together", async () => {
    const scope = writer.scope(counted);
    const items = Array.from({ length: 700 }, (_, index) => ({ id: 10_000 + index, owner: "new" }));
    expect(await scope.writeMany(items)).toEqual(items.map(({ id }) => id));
    expect(statements).toBe(2);
    expect(await has(10_699)).toBe(true);
  });

  test("one bad row fails alone, and the others are stored once", async () => {
    const scope = writer.scope(pool);
    const answers = await Promise.allSettled([
      scope.write({ id: 20_000, owner: "a" }),
      scope.write({ id: 5, owner: "there already" }),
      scope.write({ id: 20_001, owner: "b" }),
    ]);
    expect(answers.map((answer) => (answer.status === "fulfilled" ? answer.value : answer.reason.code))).toEqual([
      20_000,
      "database_constraint",
      20_001,
    ]);
    expect([await has(20_000), await has(20_001)]).toEqual([true, true]);
  });

  test("inside a transaction the batch is part of it", async () => {
    const failed = pool.transaction(async (transaction) => {
      const scope = writer.scope(transaction);
      const answers = await Promise.allSettled([
        scope.write({ id: 30_000, owner: "a" }),
        scope.write({ id: 5, owner: "b" }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
      throw new Error("no");
    });
    await rejection(failed);
    expect(await has(30_000)).toBe(false);
  });

  test("a failure that is nobody's fault is everybody's, and nothing is tried again", async () => {
    let tries = 0;
    const failing = batchWriter({
      name: "failing",
      write: async (_, __: readonly number[]) => {
        tries++;
        throw new DatabaseError("database_connection_lost", "gone");
      },
    });
    const scope = failing.scope(pool);
    const answers = await Promise.allSettled([scope.write(1), scope.write(2)]);
    expect(answers.every(({ status }) => status === "rejected")).toBe(true);
    expect(tries).toBe(1);
  });

  test("a wrong number of answers rolls the batch back", async () => {
    const wrong = batchWriter({
      name: "wrong",
      write: async (database, items: readonly Item[]) => {
        const { sql, values } = insertRows({ table: "items", columns: ["id", "owner"], rows: items });
        await database.write(sql, values);
        return ["only one"];
      },
    });
    const scope = wrong.scope(pool);
    const answers = await Promise.allSettled([
      scope.write({ id: 40_000, owner: "a" }),
      scope.write({ id: 40_001, owner: "b" }),
    ]);
    expect(answers[0]).toMatchObject({ status: "rejected", reason: { code: "batch_mismatch" } });
    expect([await has(40_000), await has(40_001)]).toEqual([false, false]);
  });
});

test("what cannot be a batch or an insert is refused", () => {
  expect(() => byIdWith(0).scope(pool)).toThrow("items.maxBatch");
  expect(() => insertRows({ table: "items", columns: ["id"], rows: [] })).toThrow("insertRows");
  expect(() => insertRows({ table: 'items"; DROP', columns: ["id"], rows: [{ id: 1 }] })).toThrow("identifier");
});

function byIdWith(maxBatch: number): typeof byId {
  return batchLoader({ name: "items", maxBatch, load: async () => [], keyOf: (row: Item) => row.id });
}
