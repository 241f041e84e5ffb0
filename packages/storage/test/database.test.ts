import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { type Database, DatabaseBusyError, openStore, StorageError, type Store } from "../src/index.ts";
import { temporaryFolders } from "./fixtures/folder.ts";
import { insertLine, linesMigration } from "./fixtures/lines.ts";

const folder = temporaryFolders();
let store: Store;
let database: Database;
let path: string;

beforeEach(() => {
  path = join(folder(), "deep", "er", "test.db");
  store = openStore({ path, migrations: [linesMigration], busyTimeoutMs: 20 });
  database = store.database;
});
afterEach(() => store.close());

const count = (): number => database.get<{ n: number }>("SELECT count(*) AS n FROM test_lines")?.n ?? -1;

test("makes the folder and the file, and sets what every connection shares", () => {
  expect(database.path).toBe(path);
  expect(database.get("PRAGMA journal_mode")).toEqual({ journal_mode: "wal" });
  expect(database.get("PRAGMA synchronous")).toEqual({ synchronous: 1 });
  expect(store.setAside).toBeUndefined();
  expect(store.degraded).toBeUndefined();
});

test("run says how many rows it changed; get and all read them", () => {
  expect(database.run(insertLine, 1, "one")).toEqual({ changes: 1 });
  expect(database.run(insertLine, 2, new Uint8Array([1, 2]))).toEqual({ changes: 1 });
  expect(database.run("UPDATE test_lines SET text = NULL").changes).toBe(2);
  expect(database.get<{ text: null }>("SELECT text FROM test_lines WHERE id = ?", 2)).toEqual({ text: null });
  expect(database.get("SELECT 1 WHERE 0")).toBeUndefined();
  expect(database.all("SELECT id FROM test_lines ORDER BY id DESC")).toEqual([{ id: 2 }, { id: 1 }]);
  expectTypeOf(database.get<{ id: number }>("SELECT 1 AS id")).toEqualTypeOf<{ id: number } | undefined>();
});

test("more texts than the statement cache holds go on working", () => {
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 600; i++) expect(database.get(`SELECT ${i} AS i`)).toEqual({ i });
  }
});

describe("transactions", () => {
  test("return the work's value and store all of it", () => {
    const value = database.transaction(() => {
      database.run(insertLine, 1, "a");
      database.run(insertLine, 2, "b");
      return "done";
    });
    expect(value).toBe("done");
    expect(count()).toBe(2);
  });

  test("a throw undoes all of it and passes through", () => {
    const fault = new Error("mine");
    const broken = (): void =>
      database.transaction(() => {
        database.run(insertLine, 1, "a");
        throw fault;
      });
    expect(broken).toThrow(fault);
    expect(count()).toBe(0);
    database.transaction(() => database.run(insertLine, 2, "b"));
    expect(count()).toBe(1);
  });

  test("a nested one joins: the outer's throw undoes it too", () => {
    expect(() =>
      database.transaction(() => {
        database.transaction(() => database.run(insertLine, 1, "inner"));
        throw new Error("outer");
      }),
    ).toThrow("outer");
    expect(count()).toBe(0);
  });

  test("a nested throw that the outer catches undoes the nested part only", () => {
    database.transaction(() => {
      database.run(insertLine, 1, "outer");
      expect(() =>
        database.transaction(() => {
          database.run(insertLine, 2, "inner");
          throw new Error("inner");
        }),
      ).toThrow("inner");
      database.run(insertLine, 3, "outer");
    });
    expect(database.all("SELECT id FROM test_lines")).toEqual([{ id: 1 }, { id: 3 }]);
  });

  test("nested at random, they store exactly what no enclosing throw undid", () => {
    type Step = { readonly write: number } | { readonly nested: readonly Step[]; readonly fails: boolean };
    const { step } = fc.letrec<{ step: Step }>((tie) => ({
      step: fc.oneof(
        { depthSize: "small" },
        fc.record({ write: fc.nat() }),
        fc.record({ nested: fc.array(tie("step"), { maxLength: 4 }), fails: fc.boolean() }),
      ),
    }));
    let id = 0;
    function perform(steps: readonly Step[]): number[] {
      return steps.flatMap((each) => {
        if ("write" in each) {
          database.run(insertLine, ++id, each.write);
          return [id];
        }
        try {
          return database.transaction(() => {
            const kept = perform(each.nested);
            if (each.fails) throw new Error("undone");
            return kept;
          });
        } catch {
          return [];
        }
      });
    }
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), (steps) => {
        database.run("DELETE FROM test_lines");
        const kept = perform(steps);
        expect(database.all<{ id: number }>("SELECT id FROM test_lines").map((row) => row.id)).toEqual(kept);
      }),
      { numRuns: 60 },
    );
  });

  test("refuse work that is asynchronous, and store nothing of it", () => {
    expect(() =>
      database.transaction(async () => {
        database.run(insertLine, 1, "early");
        throw new Error("nobody sees this");
      }),
    ).toThrow(expect.objectContaining({ code: "storage_async_transaction" }));
    expect(count()).toBe(0);
  });
});

describe("errors say what happened and where", () => {
  test("a lock that another connection holds: an error after the busy timeout, and it works again afterwards", () => {
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const start = performance.now();
    expect(() => database.run(insertLine, 1, "a")).toThrow(DatabaseBusyError);
    expect(() => database.transaction(() => {})).toThrow(/locked by another connection.*try again/);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(count()).toBe(0);
    other.exec("COMMIT");
    other.close();
    database.run(insertLine, 1, "a");
    expect(count()).toBe(1);
  });

  test("a broken constraint, a full file, bad SQL, a closed database", () => {
    database.run(insertLine, 1, "a");
    const code = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        expect(error).toBeInstanceOf(StorageError);
        expect((error as StorageError).subject).toBe(path);
        return (error as StorageError).code;
      }
    };
    expect(code(() => database.run(insertLine, 1, "again"))).toBe("storage_constraint");
    expect(code(() => database.run("INSERT INTO nowhere VALUES (1)"))).toBe("storage_failed");
    const pages = database.get<{ page_count: number }>("PRAGMA page_count")?.page_count ?? 0;
    database.get(`PRAGMA max_page_count = ${pages}`);
    expect(code(() => database.run(insertLine, 2, "x".repeat(100_000)))).toBe("storage_full");
    // SQLite ends the transaction by itself here; the error must still be the first one.
    expect(code(() => database.transaction(() => database.run(insertLine, 2, "x".repeat(100_000))))).toBe(
      "storage_full",
    );
    expect(count()).toBe(1);
    database.close();
    expect(code(() => database.get("SELECT 1"))).toBe("storage_closed");
  });
});
