import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { applyIndexes, declareIndexes, driftMigration, indexDrift, indexMigration, type Pool } from "../src/index.ts";

/** The indexes of a service that keeps analyses, monitors and notices. */
const declared = declareIndexes([
  { table: "analyses", columns: ["company_id", { column: "created_at", order: "desc" }] },
  { table: "analyses", columns: ["user_id", "created_at"] },
  { table: "monitors", columns: ["user_id", "active", "next_check_at"] },
  { table: "notices", columns: ["user_id", "dismissed", "created_at"] },
  { table: "notices", columns: ["user_id"], where: "dismissed = 0" },
  { table: "monitors", columns: ["user_id", "company_id"], unique: true },
]);

/** What every engine promises of indexes. */
export function indexConformance(engine: string, open: () => Promise<{ pool: Pool; close(): Promise<void> }>): void {
  describe(`indexes on ${engine}`, () => {
    let pool: Pool;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ pool, close } = await open());
      await pool.write(
        "CREATE TABLE analyses(id INTEGER PRIMARY KEY, company_id INTEGER, user_id INTEGER, created_at INTEGER)",
      );
      await pool.write(
        "CREATE TABLE monitors(id INTEGER PRIMARY KEY, user_id INTEGER, company_id INTEGER, active INTEGER, next_check_at INTEGER, token TEXT UNIQUE)",
      );
      await pool.write(
        "CREATE TABLE notices(id INTEGER PRIMARY KEY, user_id INTEGER, dismissed INTEGER, created_at INTEGER)",
      );
    });
    afterEach(async () => {
      const drift = await indexDrift(pool, declared);
      for (const { name } of drift.undeclared) await pool.write(`DROP INDEX ${name}`);
      for (const statement of indexMigration(declared, pool.engine).down) await pool.write(statement);
    });
    afterAll(() => close());

    const names = (indexes: readonly { name: string }[]): string[] => indexes.map(({ name }) => name);

    test("all are missing at first, are made once, and then nothing has drifted", async () => {
      const before = await indexDrift(pool, declared);
      expect(names(before.missing)).toEqual(names(declared));
      expect([before.changed, before.invalid, before.undeclared, before.inSync]).toEqual([[], [], [], false]);
      expect(names((await applyIndexes(pool, declared)).missing)).toEqual(names(declared));
      const after = await indexDrift(pool, declared);
      expect(after).toMatchObject({ missing: [], changed: [], invalid: [], undeclared: [], inSync: true });
      expect(driftMigration(after)).toEqual({ up: [], down: [] });
      expect((await applyIndexes(pool, declared)).inSync).toBe(true);
    });

    test("the migration makes them and takes them back, however often", async () => {
      const { up, down } = indexMigration(declared, pool.engine);
      for (const statement of [...up, ...up]) await pool.write(statement);
      expect((await indexDrift(pool, declared)).inSync).toBe(true);
      for (const statement of [...down, ...down]) await pool.write(statement);
      expect((await indexDrift(pool, declared)).missing).toHaveLength(declared.length);
    });

    test("an index of another order, uniqueness or column is replaced", async () => {
      await applyIndexes(pool, declared);
      const [first, , , , partial, unique] = declared;
      for (const [name, other] of [
        [first?.name, "analyses(company_id, created_at)"],
        [partial?.name, "notices(user_id)"],
        [unique?.name, "monitors(user_id, company_id)"],
      ]) {
        await pool.write(`DROP INDEX ${name}`);
        await pool.write(`CREATE INDEX ${name} ON ${other}`);
      }
      const drift = await indexDrift(pool, declared);
      expect(names(drift.changed)).toEqual([first?.name, partial?.name, unique?.name]);
      expect(drift.missing).toEqual([]);
      await applyIndexes(pool, declared);
      expect((await indexDrift(pool, declared)).inSync).toBe(true);
    });

    test("what nobody declared is reported and left alone, and constraints are no business of it", async () => {
      await applyIndexes(pool, declared);
      await pool.write("CREATE INDEX by_hand ON notices(created_at)");
      const drift = await applyIndexes(pool, declared);
      expect(names(drift.undeclared)).toEqual(["by_hand"]);
      expect(drift.inSync).toBe(true);
      expect(names((await indexDrift(pool, declared)).undeclared)).toEqual(["by_hand"]);
    });

    test("one that was made by hand under another name is not made twice", async () => {
      await pool.write("CREATE INDEX by_hand ON analyses(user_id, created_at)");
      const drift = await applyIndexes(pool, declared);
      expect(names(drift.missing)).not.toContain(declared[1]?.name);
      expect(drift.undeclared).toEqual([]);
      await pool.write("DROP INDEX by_hand");
    });

    test("a unique one keeps doubles out", async () => {
      await applyIndexes(pool, declared);
      const insert = "INSERT INTO monitors(id, user_id, company_id) VALUES ($1, 1, 1)";
      await pool.write(insert, [1]);
      await expect(pool.write(insert, [2])).rejects.toMatchObject({ code: "database_constraint" });
      await pool.write("DELETE FROM monitors");
    });
  });
}
