import { type FakeClock, fakeClock } from "@flyball/core";
import { createTelemetry, type Outcome } from "@flyball/telemetry";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Pool, PoolOptions } from "../src/index.ts";
import { rejection, until } from "./fixtures/until.ts";

/** What an engine brings to the suite. */
export interface Harness {
  /** A pool with one connection for writes over a database without tables. */
  open(options: PoolOptions): Promise<Pool>;
  /** A statement that gives no row for a long time, and stops when asked. */
  readonly slow: string;
  readonly serial: string;
  close(): Promise<void>;
}

/** What every pool promises, whatever the engine. */
export function poolConformance(engine: string, start: () => Promise<Harness>): void {
  describe(`a pool over ${engine}`, () => {
    let harness: Harness;
    let clock: FakeClock;
    const pools: Pool[] = [];

    beforeAll(async () => {
      harness = await start();
    });
    afterEach(async () => {
      await Promise.all(pools.splice(0).map((pool) => pool.close()));
    });
    afterAll(() => harness.close());

    async function open(options: PoolOptions = {}): Promise<Pool> {
      clock = fakeClock();
      const pool = await harness.open({ clock, ...options });
      pools.push(pool);
      await pool.write(`CREATE TABLE items(id ${harness.serial}, name TEXT UNIQUE, amount INTEGER)`);
      return pool;
    }

    /** Resolves when no connection is at work, with as much time as giving one up takes. */
    function idle(pool: Pool): Promise<void> {
      return until(async () => {
        await clock.advance(50);
        return pool.stats().inUse === 0;
      });
    }

    /** Takes the one connection for writes until `release`. */
    async function hold(pool: Pool): Promise<{ release(): void; ended: Promise<unknown> }> {
      const inside = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      const ended = pool.transaction(async (transaction) => {
        await transaction.read("SELECT 1 AS one");
        inside.resolve();
        await release.promise;
      });
      await inside.promise;
      return { release: release.resolve, ended };
    }

    test("writes tell how many rows they changed, and give back what they return", async () => {
      const pool = await open();
      const made = await pool.write<{ id: number }>("INSERT INTO items(name) VALUES ($1), ($2) RETURNING id", [
        "a",
        "b",
      ]);
      expect(made).toEqual({ rows: [{ id: 1 }, { id: 2 }], rowCount: 2 });
      expect((await pool.write("UPDATE items SET amount = $1", [7])).rowCount).toBe(2);
      expect(await pool.read("SELECT name, amount FROM items WHERE name = $1", ["b"])).toEqual([
        { name: "b", amount: 7 },
      ]);
    });

    test("parameters may be used twice and in any order", async () => {
      const pool = await open();
      const sql = "SELECT CAST($2 AS TEXT) AS second, CAST($1 AS TEXT) AS first, CAST($2 AS TEXT) AS again";
      expect(await pool.read(sql, ["a", "b"])).toEqual([{ second: "b", first: "a", again: "b" }]);
    });

    test("a number of values that does not fit is refused, not filled up with nulls", async () => {
      const pool = await open();
      for (const values of [["a"], ["a", 1, 2]]) {
        const refused = await rejection(pool.write("INSERT INTO items(name, amount) VALUES ($1, $2)", values));
        expect(refused.code).toBe("database_value_refused");
      }
      expect(await pool.read("SELECT name FROM items WHERE name = '$9'", [])).toEqual([]);
    });

    test("several statements in one text are refused, and none of them runs", async () => {
      const pool = await open();
      const two = "INSERT INTO items(name) VALUES ('a'); DELETE FROM items";
      expect(await rejection(pool.write(two))).toMatchObject({ code: "database_refused" });
      expect(await pool.read("SELECT name FROM items; -- the end")).toEqual([]);
      expect(await pool.read("SELECT ';' || 'a;b' AS text")).toEqual([{ text: ";a;b" }]);
    });

    test("errors have codes and hold no values", async () => {
      const pool = await open();
      await pool.write("INSERT INTO items(name) VALUES ($1)", ["secret"]);
      const twice = await rejection(pool.write("INSERT INTO items(name) VALUES ($1)", ["secret"]));
      expect(twice).toMatchObject({ code: "database_constraint", name: "DatabaseError" });
      expect(twice.message).not.toContain("secret");
      expect(await rejection(pool.read("SELECT * FROM nowhere"))).toMatchObject({ code: "database_refused" });
      expect(await rejection(pool.read("SELEC 1"))).toMatchObject({ code: "database_refused" });
      // A statement that failed leaves nothing behind for its next use.
      const next = "INSERT INTO items(name) VALUES ($1) RETURNING name";
      await rejection(pool.write(next, ["secret"]));
      expect((await pool.write(next, ["other"])).rows).toEqual([{ name: "other" }]);
    });

    test("a transaction commits when its work resolves and rolls back when it rejects", async () => {
      const pool = await open();
      const value = await pool.transaction(async (transaction) => {
        await transaction.write("INSERT INTO items(name) VALUES ('kept')");
        return (await transaction.read("SELECT name FROM items")).length;
      });
      expect(value).toBe(1);
      const mine = new Error("mine");
      const failed = pool.transaction(async (transaction) => {
        await transaction.write("INSERT INTO items(name) VALUES ('lost')");
        throw mine;
      });
      expect(await rejection(failed)).toBe(mine);
      expect(await pool.read("SELECT name FROM items")).toEqual([{ name: "kept" }]);
    });

    test("a transaction inside a transaction is undone alone", async () => {
      const pool = await open();
      await pool.transaction(async (outer) => {
        await outer.write("INSERT INTO items(name) VALUES ('outer')");
        const inner = outer.transaction(async (nested) => {
          await nested.write("INSERT INTO items(name) VALUES ('inner')");
          await nested.write("INSERT INTO items(name) VALUES ('outer')");
        });
        expect(await rejection(inner)).toMatchObject({ code: "database_constraint" });
        await outer.transaction((nested) => nested.write("INSERT INTO items(name) VALUES ('second')"));
      });
      expect(await pool.read("SELECT name FROM items ORDER BY id")).toEqual([{ name: "outer" }, { name: "second" }]);
    });

    test("a part of a transaction that runs out of time takes the whole with it", async () => {
      const pool = await open();
      const outer = pool.transaction(async (transaction) => {
        await transaction.write("INSERT INTO items(name) VALUES ('outer')");
        const part = transaction.transaction(() => new Promise(() => {}), { timeoutMs: 100, name: "part" });
        await part.catch(() => "went on");
        await transaction.write("INSERT INTO items(name) VALUES ('after')");
      });
      const refused = rejection(outer);
      await until(async () => {
        await clock.advance(20);
        return pool.stats().interrupted > 0;
      });
      expect(await refused).toMatchObject({ code: "timeout", subject: "database operation part" });
      await idle(pool);
      expect(await pool.read("SELECT * FROM items")).toEqual([]);
    });

    test("statements begun side by side in a transaction run one after another, and belong to it", async () => {
      const pool = await open();
      await pool.transaction(async (transaction) => {
        for (const name of ["a", "b", "c"]) void transaction.write("INSERT INTO items(name) VALUES ($1)", [name]);
      });
      expect(await pool.read("SELECT name FROM items ORDER BY id")).toEqual([
        { name: "a" },
        { name: "b" },
        { name: "c" },
      ]);
    });

    test("a transaction is of no use after its end", async () => {
      const pool = await open();
      const escaped = await pool.transaction(async (transaction) => transaction);
      expect(await rejection(escaped.write("DELETE FROM items"))).toMatchObject({ code: "database_transaction_ended" });
    });

    test("money moved at random between accounts is neither made nor lost", async () => {
      const pool = await open();
      await pool.write("INSERT INTO items(name, amount) VALUES ('a', 100), ('b', 100), ('c', 100)");
      const account = fc.constantFrom("a", "b", "c");
      const move = fc.record({
        from: account,
        to: account,
        amount: fc.integer({ min: 1, max: 150 }),
        fails: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 8 }), async (moves) => {
          await Promise.allSettled(
            moves.map(({ from, to, amount, fails }) =>
              pool.transaction(async (transaction) => {
                await transaction.write("UPDATE items SET amount = amount - $1 WHERE name = $2", [amount, from]);
                if (fails) throw new Error("half-way");
                await transaction.write("UPDATE items SET amount = amount + $1 WHERE name = $2", [amount, to]);
              }),
            ),
          );
          const [row] = await pool.read<{ total: number | string }>("SELECT sum(amount) AS total FROM items");
          expect(Number(row?.total)).toBe(300);
        }),
        { numRuns: 15, seed: 11 },
      );
    });

    test("a statement past its deadline is given up at once, and its connection is used again", async () => {
      const pool = await open({ timeoutMs: 5_000 });
      const slow = pool.read(harness.slow, [], { name: "slow" });
      const refused = rejection(slow);
      await until(() => pool.stats().inUse === 1);
      await clock.advance(5_000);
      expect(await refused).toMatchObject({ code: "timeout", subject: "database operation slow" });
      await idle(pool);
      expect(await pool.read("SELECT 1 AS one")).toEqual([{ one: 1 }]);
      expect(pool.stats().interrupted).toBe(1);
    });

    test("a signal gives up what runs, and what has not begun", async () => {
      const pool = await open();
      const controller = new AbortController();
      const refused = rejection(pool.read(harness.slow, [], { signal: controller.signal }));
      await until(() => pool.stats().inUse === 1);
      controller.abort(new Error("the caller left"));
      expect(await refused).toMatchObject({ code: "cancelled", cause: { message: "the caller left" } });
      await idle(pool);
      const late = pool.write("INSERT INTO items(name) VALUES ('late')", [], { signal: controller.signal });
      expect(await rejection(late)).toMatchObject({ code: "cancelled" });
      expect(await pool.read("SELECT * FROM items")).toEqual([]);
    });

    test("giving up one statement ends its transaction, and nothing of it stays", async () => {
      const pool = await open();
      const controller = new AbortController();
      let told: AbortSignal | undefined;
      const transaction = pool.transaction(async (inner) => {
        told = inner.signal;
        await inner.write("INSERT INTO items(name) VALUES ('lost')");
        await inner.read(harness.slow, [], { signal: controller.signal }).catch(() => "went on");
        await inner.write("INSERT INTO items(name) VALUES ('after')");
      });
      const refused = rejection(transaction);
      await until(() => told !== undefined);
      controller.abort();
      expect(await refused).toMatchObject({ code: "cancelled" });
      expect(told?.aborted).toBe(true);
      expect(await pool.read("SELECT * FROM items")).toEqual([]);
    });

    test("a transaction whose work never ends is rolled back at its deadline", async () => {
      const pool = await open({ transactionTimeoutMs: 60_000 });
      const held = await hold(pool);
      const refused = rejection(held.ended);
      await clock.advance(60_000);
      expect(await refused).toMatchObject({ code: "timeout" });
      await idle(pool);
      await pool.write("INSERT INTO items(name) VALUES ('next')");
    });

    test("who finds no connection waits in line, for so long, behind so many", async () => {
      const pool = await open({ queueMost: 2, acquireTimeoutMs: 1_000, transactionTimeoutMs: 60_000 });
      const held = await hold(pool);
      const order: string[] = [];
      const add = (name: string): Promise<unknown> =>
        pool.write("INSERT INTO items(name) VALUES ($1)", [name]).then(() => order.push(name));
      const first = rejection(add("first"));
      await clock.advance(500);
      const second = add("second");
      expect(await rejection(add("third"))).toMatchObject({ code: "database_overloaded", retryable: true });
      expect(pool.stats()).toMatchObject({ waiting: 2, refused: 1 });
      await clock.advance(500);
      expect(await first).toMatchObject({ code: "database_overloaded" });
      const fourth = add("fourth");
      held.release();
      await Promise.all([held.ended, second, fourth]);
      expect(order).toEqual(["second", "fourth"]);
      expect(pool.stats()).toMatchObject({ inUse: 0, waiting: 0, refused: 2 });
    });

    test("who leaves the line makes room in it", async () => {
      const pool = await open({ queueMost: 1 });
      const held = await hold(pool);
      const controller = new AbortController();
      const waiting = rejection(pool.write("DELETE FROM items", [], { signal: controller.signal }));
      expect(pool.stats().waiting).toBe(1);
      controller.abort();
      expect(await waiting).toMatchObject({ code: "cancelled" });
      const next = pool.write("INSERT INTO items(name) VALUES ('next')");
      held.release();
      await Promise.all([held.ended, next]);
      expect(pool.stats()).toMatchObject({ inUse: 0, waiting: 0, refused: 0 });
    });

    test("a stream gives every row, a batch at a time, and gives its connection back", async () => {
      const pool = await open();
      await pool.write(
        `INSERT INTO items(name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT 'item ' || i FROM n`,
      );
      const sql = "SELECT id FROM items WHERE id > $1 ORDER BY id";
      const seen: number[] = [];
      for await (const { id } of pool.stream<{ id: number }>(sql, [10], { batchRows: 64 })) seen.push(id);
      expect(seen).toEqual(Array.from({ length: 990 }, (_, index) => index + 11));
      await idle(pool);
      for await (const { id } of pool.stream<{ id: number }>(sql, [0], { batchRows: 10 })) if (id === 15) break;
      await idle(pool);
      expect(await rejection(pool.stream("SELECT * FROM nowhere").next())).toMatchObject({ code: "database_refused" });
      await idle(pool);
      await pool.write("DELETE FROM items");
    });

    test("a stream's deadline is for the database, not for its reader, and its signal ends it", async () => {
      const pool = await open({ timeoutMs: 1_000 });
      await pool.write("INSERT INTO items(name) VALUES ('a'), ('b'), ('c')");
      const controller = new AbortController();
      const rows = pool.stream<{ name: string }>("SELECT name FROM items ORDER BY id", [], {
        batchRows: 1,
        signal: controller.signal,
      });
      expect((await rows.next()).value).toEqual({ name: "a" });
      await clock.advance(60_000);
      expect((await rows.next()).value).toEqual({ name: "b" });
      controller.abort();
      expect(await rejection(rows.next())).toMatchObject({ code: "cancelled" });
      await idle(pool);
    });

    test("every operation is measured, with few names", async () => {
      const outcomes: Outcome[] = [];
      const telemetry = createTelemetry();
      telemetry.subscribe((outcome) => outcomes.push(outcome));
      const pool = await open({ telemetry, name: "replica-1" });
      outcomes.length = 0;
      await pool.write("/* why */ insert INTO items(name) VALUES ('a')");
      await pool.read("SELECT 1 AS one", [], { name: "items.one" });
      await rejection(pool.read("SELECT * FROM nowhere"));
      await pool.transaction((transaction) => transaction.write("DELETE FROM items"));
      for await (const _ of pool.stream("VALUES (1), (2)")) void _;
      expect(outcomes.map(({ kind, name, status }) => `${kind} ${name} ${status}`)).toEqual([
        "database insert ok",
        "database items.one ok",
        "database select error",
        "database delete ok",
        "database transaction ok",
        "database values ok",
      ]);
      expect(outcomes[0]?.labels).toEqual({ source: "replica-1" });
      expect(outcomes[2]?.errorType).toBe("database_refused");
      expect(outcomes[3]?.parentSpanId).toBe(outcomes[4]?.spanId);
      outcomes.length = 0;
      for (let index = 0; index < 250; index++) await pool.read("SELECT 1 AS one", [], { name: `made-${index}` });
      await pool.read("SELECT 1 AS one", [], { name: "has a space" });
      expect(new Set(outcomes.map(({ name }) => name)).size).toBeLessThanOrEqual(201);
      expect(outcomes.at(-1)?.name).toBe("other");
      await telemetry.shutdown(100);
    });

    test("telemetry that throws is not noticed", async () => {
      const telemetry = createTelemetry();
      const broken = {
        ...telemetry,
        start: () => {
          throw new Error("broken");
        },
      };
      const pool = await open({ telemetry: broken });
      expect(await pool.read("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    });

    test("closing waits for what is under way and refuses what is new", async () => {
      const pool = await open();
      const held = await hold(pool);
      const closing = pool.close(60_000);
      expect(await rejection(pool.read("SELECT 1 AS one"))).toMatchObject({ code: "database_closed" });
      held.release();
      await held.ended;
      await closing;
      expect(await rejection(pool.write("SELECT 1 AS one"))).toMatchObject({ code: "database_closed" });
    });
  });
}
