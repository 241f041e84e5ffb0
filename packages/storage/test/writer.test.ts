import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { TimeoutError } from "@flyball/core";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { openStore, type SqlValue, type Store, type StoreOptions } from "../src/index.ts";
import { batchApplier } from "../src/writer/apply-batch.ts";
import { temporaryFolders } from "./fixtures/folder.ts";
import { insertLine, keepingLogger, linesMigration } from "./fixtures/lines.ts";
import { until } from "./fixtures/until.ts";

const folder = temporaryFolders();
const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

function open(options: Partial<StoreOptions> = {}): Store {
  const store = openStore({ path: join(folder(), "x.db"), migrations: [linesMigration], ...options });
  opened.push(store);
  return store;
}
const texts = (store: Store): unknown[] =>
  store.database.all<{ text: unknown }>("SELECT text FROM test_lines ORDER BY id").map((row) => row.text);
const range = (length: number, from = 0): number[] => Array.from({ length }, (_, i) => from + i);

const sqlValue: fc.Arbitrary<SqlValue> = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.double({ noNaN: true }).map((value) => value + 0), // SQLite has no negative zero
  fc.bigInt({ min: BigInt(Number.MIN_SAFE_INTEGER), max: BigInt(Number.MAX_SAFE_INTEGER) }),
  fc.uint8Array(),
  fc.uint8Array({ minLength: 2 }).map((bytes) => bytes.subarray(1)),
  fc.constant(null),
);
/** As it comes back: integers that fit a number are read as one. */
const asRead = (value: SqlValue | undefined): unknown =>
  typeof value === "bigint" ? Number(value) : value instanceof Uint8Array ? new Uint8Array(value) : value;

describe.each([
  ["on a thread", {}],
  ["in memory", { path: ":memory:" }],
])("%s", (_where, where: Partial<StoreOptions>) => {
  test("what is written and flushed is what is read, in order", async () => {
    const store = open(where);
    await fc.assert(
      fc.asyncProperty(fc.array(sqlValue, { maxLength: 600, size: "max" }), async (values) => {
        store.database.run("DELETE FROM test_lines");
        for (const value of values) expect(store.writer.write(insertLine, [null, value])).toBe(true);
        await store.writer.flush(20_000);
        expect(texts(store)).toEqual(values.map(asRead));
      }),
      { numRuns: 15 },
    );
    expect(store.writer).toMatchObject({ queued: 0, dropped: 0, failed: 0 });
  });

  test("a bad statement loses only itself, is counted, and is logged once", async () => {
    const logger = keepingLogger();
    const store = open({ ...where, logger });
    for (const id of range(20)) {
      store.writer.write(insertLine, [id, "good"]);
      store.writer.write(insertLine, [id, "a second row of this id"]);
      store.writer.write("INSERT INTO nowhere VALUES (?)", [id]);
    }
    await store.writer.flush(10_000);
    expect(texts(store)).toEqual(Array(20).fill("good"));
    expect(store.writer.failed).toBe(40);
    expect(logger.messages).toHaveLength(1);
  });

  test("a value that SQLite cannot store is refused on the spot, and never thrown", async () => {
    const store = open(where);
    for (const value of [undefined, true, Symbol("no"), () => {}, { a: 1 }]) {
      expect(store.writer.write(insertLine, [null, value as unknown as SqlValue])).toBe(false);
    }
    store.writer.write(insertLine, [null, "good"]);
    await store.writer.flush(10_000);
    expect(texts(store)).toEqual(["good"]);
    expect(store.writer.failed).toBe(5);
  });

  test("what does not fit is dropped and counted, by statements and by bytes", async () => {
    const few = open({ ...where, writer: { queueStatements: 10 } });
    const kept = range(25).filter((id) => few.writer.write(insertLine, [id, id]));
    await few.writer.flush(10_000);
    expect(few.writer.dropped).toBe(25 - kept.length);
    expect(few.writer.dropped).toBeGreaterThan(0);
    expect(texts(few)).toEqual(kept);

    const small = open({ ...where, writer: { queueBytes: 10_000 } });
    expect(small.writer.write(insertLine, [1, "x".repeat(20_000)])).toBe(false);
    expect(small.writer.write(insertLine, [2, new Uint8Array(9_000)])).toBe(true);
    expect(small.writer.write(insertLine, [3, new Uint8Array(9_000)])).toBe(false);
    expect(small.writer.dropped).toBe(2);
    await small.writer.flush(10_000);
    expect(small.writer.write(insertLine, [4, new Uint8Array(9_000)])).toBe(true);
  });

  test("closing stores what is queued; what comes later is dropped and counted", async () => {
    const store = open(where);
    for (const id of range(1000)) store.writer.write(insertLine, [id, id]);
    await store.writer.close(10_000);
    expect(texts(store)).toEqual(range(1000));
    expect(store.writer.write(insertLine, [null, "late"])).toBe(false);
    expect(store.writer.dropped).toBe(1);
    await store.writer.flush(10);
    await store.writer.close(10);
  });

  test("a full database keeps what fits, counts the rest, and goes on when there is room", async () => {
    const store = open(where);
    // A page count stands in for a full disk: SQLite answers both with SQLITE_FULL and undoes the transaction.
    store.writer.write("PRAGMA max_page_count = 60", []);
    for (const id of range(500)) store.writer.write(insertLine, [id, "x".repeat(1000)]);
    await store.writer.flush(10_000);
    const stored = texts(store).length;
    expect(stored).toBeGreaterThan(50);
    expect(store.writer.failed).toBe(500 - stored);
    store.writer.write("PRAGMA max_page_count = 1000000", []);
    store.writer.write(insertLine, [1000, "room again"]);
    await store.writer.flush(10_000);
    expect(texts(store).at(-1)).toBe("room again");
  });
});

describe("while another process holds the lock", () => {
  function locked(options: Partial<StoreOptions> = {}): { store: Store; release: () => void } {
    const store = open(options);
    const other = new DatabaseSync(store.database.path);
    other.exec("BEGIN IMMEDIATE");
    return {
      store,
      release: () => {
        other.exec("COMMIT");
        other.close();
      },
    };
  }

  test("nothing is lost: it waits in the bounded queue, in order", async () => {
    const logger = keepingLogger();
    const { store, release } = locked({ logger, writer: { queueStatements: 600 } });
    const kept = range(2000).filter((id) => store.writer.write(insertLine, [id, id]));
    await expect(store.writer.flush(50)).rejects.toBeInstanceOf(TimeoutError);
    await until(() => logger.messages.length > 0);
    expect(store.writer.queued).toBe(kept.length);
    expect(store.writer.dropped).toBe(2000 - kept.length);
    expect(kept.length).toBeLessThanOrEqual(600 + 256);
    expect(logger.messages).toEqual([expect.stringContaining("locked by another process")]);
    release();
    await store.writer.flush(10_000);
    expect(texts(store)).toEqual(kept);
    expect(store.writer.failed).toBe(0);
  });

  test("closing ends by its deadline, and what is left is counted as dropped", async () => {
    const { store, release } = locked();
    for (const id of range(10)) store.writer.write(insertLine, [id, id]);
    const start = performance.now();
    await store.close(200);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(store.writer.dropped).toBe(10);
    release();
  });
});

test("a long batch lets the lock go again and again, so that others get it in between", () => {
  const path = join(folder(), "x.db");
  const [writing, waiting] = [new DatabaseSync(path), new DatabaseSync(path, { timeout: 0 })];
  writing.exec("PRAGMA journal_mode = WAL; CREATE TABLE test_slow(n)");
  const slow =
    "INSERT INTO test_slow WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 30000) SELECT max(n) FROM r";
  const rests: number[] = [];
  const apply = batchApplier(writing, (heldMs) => {
    rests.push(heldMs);
    waiting.exec("BEGIN IMMEDIATE; COMMIT");
  });
  expect(apply(Array(20).fill({ sql: slow, values: [] }))).toEqual({ done: 20, failed: 0, changes: 1 });
  expect(rests.length).toBeGreaterThan(3);
  expect(waiting.prepare("SELECT count(*) AS n FROM test_slow").get()).toEqual({ n: 20 });
  for (const connection of [writing, waiting]) connection.close();
});

test("the thread copies the main thread's log into the file, so that no main-thread commit has to", async () => {
  const store = open();
  for (const id of range(1000)) store.database.run(insertLine, id, "x".repeat(4000));
  await until(() => statSync(store.database.path).size > 2_000_000);
});
