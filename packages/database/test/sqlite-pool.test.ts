import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSqlitePool, type Pool, type PoolOptions } from "../src/index.ts";
import { rejection, until } from "./fixtures/until.ts";
import { type Harness, poolConformance } from "./pool-conformance.ts";

const slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i % 100000 = 0";
const serial = "INTEGER PRIMARY KEY";

poolConformance("an SQLite file", async (): Promise<Harness> => {
  const folder = mkdtempSync(join(tmpdir(), "flyball-pool-"));
  let files = 0;
  return {
    slow,
    serial,
    open: async (options: PoolOptions) => createSqlitePool({ path: join(folder, `${++files}.db`), ...options }),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

poolConformance("SQLite in memory", async (): Promise<Harness> => {
  return {
    slow,
    serial,
    open: async (options) => createSqlitePool({ path: ":memory:", ...options }),
    close: async () => {},
  };
});

describe("an SQLite file", () => {
  let folder: string;
  let pool: Pool;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "flyball-pool-"));
    pool = createSqlitePool({ path: join(folder, "a.db"), busyTimeoutMs: 50 });
  });
  afterEach(async () => {
    await pool.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is read beside its writer, and a commit is seen by the next read", async () => {
    await pool.write("CREATE TABLE t(a)");
    await pool.transaction(async (transaction) => {
      await transaction.write("INSERT INTO t VALUES (1)");
      expect(await pool.read("SELECT * FROM t")).toEqual([]);
    });
    expect(await pool.read("SELECT * FROM t")).toEqual([{ a: 1 }]);
  });

  test("takes no writes from `read`", async () => {
    await pool.write("CREATE TABLE t(a)");
    expect(await rejection(pool.read("INSERT INTO t VALUES (1)"))).toMatchObject({ code: "database_read_only" });
  });

  test("does not stop the service while it works", async () => {
    const controller = new AbortController();
    const refused = rejection(pool.read(slow, [], { signal: controller.signal }));
    await until(() => pool.stats().inUse === 1);
    let turns = 0;
    await until(() => ++turns > 10);
    controller.abort();
    expect(await refused).toMatchObject({ code: "cancelled" });
  });

  test("that another process has locked is a conflict, and free again afterwards", async () => {
    await pool.write("CREATE TABLE t(a)");
    const other = new DatabaseSync(join(folder, "a.db"));
    other.exec("BEGIN IMMEDIATE");
    expect(await rejection(pool.write("INSERT INTO t VALUES (1)"))).toMatchObject({
      code: "database_conflict",
      retryable: true,
    });
    other.exec("ROLLBACK");
    other.close();
    expect((await pool.write("INSERT INTO t VALUES (1)")).rowCount).toBe(1);
  });

  test("keeps dates, booleans, bytes and lists as its documentation says", async () => {
    const at = new Date("2026-01-02T03:04:05Z");
    const [row] = await pool.read("SELECT $1 AS at, $2 AS yes, $3 AS bytes, $4 AS list, $5 AS big", [
      at,
      true,
      Buffer.from([1, 2]),
      ["a", 1],
      5n,
    ]);
    expect(row).toEqual({ at: at.toISOString(), yes: 1, bytes: new Uint8Array([1, 2]), list: '["a",1]', big: 5 });
    expect(await rejection(pool.read("SELECT 9007199254740993 AS big"))).toMatchObject({
      code: "database_value_refused",
    });
  });

  test("that cannot be opened says so at every try, and works once it can", async () => {
    const path = join(folder, "missing", "a.db");
    const other = createSqlitePool({ path });
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await rejection(other.read("SELECT 1"))).toMatchObject({ code: "database_unreachable", subject: path });
    }
    expect(other.stats().inUse).toBe(0);
    mkdirSync(join(folder, "missing"));
    expect(await other.read("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await other.close();
  });
});
