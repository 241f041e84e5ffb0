import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type PostgresService, startPostgres } from "../../../test/services/postgres.ts";
import { applyIndexes, createSqlitePool, declareIndexes, indexDrift, indexMigration } from "../src/index.ts";
import { poolOf } from "./fixtures/postgres.ts";
import { rejection } from "./fixtures/until.ts";
import { indexConformance } from "./index-conformance.ts";

indexConformance("SQLite", async () => {
  const pool = createSqlitePool({ path: ":memory:" });
  return { pool, close: () => pool.close() };
});

describe.skipIf(!available("postgres"))("on a server", () => {
  let service: PostgresService;
  beforeAll(async () => {
    service = await startPostgres();
  });
  afterAll(() => service?.stop());

  indexConformance("PostgreSQL", async () => {
    const pool = poolOf(service);
    return { pool, close: () => pool.close() };
  });

  test("a build that failed half-way is found and built again, also in a schema of its own", async () => {
    const pool = poolOf(service);
    try {
      await pool.write("CREATE SCHEMA sales");
      await pool.write("CREATE TABLE sales.orders(id INT PRIMARY KEY, number INT)");
      await pool.write("INSERT INTO sales.orders VALUES (1, 7), (2, 7)");
      const indexes = declareIndexes([{ table: "sales.orders", columns: ["number"], unique: true }]);
      expect(await rejection(applyIndexes(pool, indexes))).toMatchObject({ code: "database_constraint" });
      const drift = await indexDrift(pool, indexes);
      expect(drift.invalid.map(({ name }) => name)).toEqual(["orders_number_key"]);
      expect(drift.inSync).toBe(false);
      await pool.write("DELETE FROM sales.orders WHERE id = 2");
      await applyIndexes(pool, indexes);
      expect((await indexDrift(pool, indexes)).inSync).toBe(true);
      for (const statement of indexMigration(indexes, "postgres").down) await pool.write(statement);
      expect((await indexDrift(pool, indexes)).missing).toHaveLength(1);
    } finally {
      await pool.close();
    }
  });
});

describe("declared indexes", () => {
  test("have names that follow from what they are", () => {
    const long = "a_very_long_column_name_that_goes_on";
    const [plain, sorted, partial, other, cut] = declareIndexes([
      { table: "t", columns: ["a", "b"] },
      { table: "s.t", columns: ["a", { column: "b", order: "desc" }] },
      { table: "t", columns: ["a"], where: "b = 1" },
      { table: "t", columns: ["a"], where: "b = 2" },
      { table: "t", columns: [long, `${long}_2`], unique: true },
    ]);
    expect([plain?.name, sorted?.name]).toEqual(["t_a_b_idx", "t_a_b_desc_idx"]);
    expect(partial?.name).toMatch(/^t_a_[0-9a-f]{8}_idx$/);
    expect(other?.name).not.toBe(partial?.name);
    expect(cut?.name).toMatch(/_[0-9a-f]{8}_key$/);
    expect(cut?.name).toHaveLength(63);
  });

  test("become statements of each engine", () => {
    const indexes = declareIndexes([
      { table: "s.t", columns: ["a", { column: "b", order: "desc" }], where: "c IS NULL", name: "mine" },
    ]);
    expect(indexMigration(indexes, "postgres")).toEqual({
      up: ['CREATE INDEX CONCURRENTLY IF NOT EXISTS "mine" ON "s"."t" ("a", "b" DESC) WHERE c IS NULL'],
      down: ['DROP INDEX CONCURRENTLY IF EXISTS "s"."mine"'],
    });
    expect(indexMigration(indexes, "postgres", { concurrently: false }).down).toEqual([
      'DROP INDEX IF EXISTS "s"."mine"',
    ]);
    expect(indexMigration(declareIndexes([{ table: "t", columns: ["a"], unique: true }]), "sqlite")).toEqual({
      up: ['CREATE UNIQUE INDEX IF NOT EXISTS "t_a_key" ON "t" ("a")'],
      down: ['DROP INDEX IF EXISTS "t_a_key"'],
    });
  });

  test("that cannot be are refused, naming the place", () => {
    expect(() => declareIndexes([{ table: "t", columns: [] }])).toThrow("indexes[0].columns");
    expect(() => declareIndexes([{ table: "t; DROP", columns: ["a"] }])).toThrow("identifier");
    expect(() => declareIndexes([{ table: "t", columns: ["a"], where: "1; DROP TABLE t" }])).toThrow(
      "indexes[0].where",
    );
    expect(() => declareIndexes([{ table: "t", columns: ["a"], name: "x".repeat(64) }])).toThrow("indexes[0].name");
    const twice = { table: "t", columns: ["a"] };
    expect(() => declareIndexes([twice, twice])).toThrow("each index once");
  });
});
