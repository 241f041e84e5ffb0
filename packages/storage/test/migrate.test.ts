import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "@flyball/core";
import { expect, test } from "vitest";
import { type Migration, NewerSchemaError, openStore, StorageError } from "../src/index.ts";
import { temporaryFolders } from "./fixtures/folder.ts";

const folder = temporaryFolders();
const step = (owner: string, version: number, sql: string): Migration => ({ owner, version, sql });
const first = step("alpha", 1, "CREATE TABLE alpha_a(x); INSERT INTO alpha_a VALUES (1)");
const second = step("alpha", 2, "ALTER TABLE alpha_a ADD COLUMN y; UPDATE alpha_a SET y = x + 1");
const other = step("beta", 1, "CREATE TABLE beta_b(x)");

test("applies each owner's steps in order, once, over several starts", async () => {
  const path = join(folder(), "x.db");
  await openStore({ path, migrations: [first] }).close();
  await openStore({ path, migrations: [second, other, first] }).close();
  const store = openStore({ path, migrations: [second, other, first] });
  expect(store.database.all("SELECT * FROM alpha_a")).toEqual([{ x: 1, y: 2 }]);
  expect(store.database.all("SELECT owner, version FROM storage_migrations")).toEqual([
    { owner: "alpha", version: 1 },
    { owner: "alpha", version: 2 },
    { owner: "beta", version: 1 },
  ]);
  await store.close();
});

test("a file from a newer version is refused with what to do, and left as it is", async () => {
  const path = join(folder(), "x.db");
  await openStore({ path, migrations: [first, second] }).close();
  const open = () => openStore({ path, migrations: [first] });
  expect(open).toThrow(NewerSchemaError);
  expect(open).toThrow(/"alpha" are at version 2, this version knows 1. Upgrade Flyball/);
  const store = openStore({ path, migrations: [first, second] });
  expect(store.setAside).toBeUndefined();
  expect(store.database.all("SELECT * FROM alpha_a")).toEqual([{ x: 1, y: 2 }]);
  await store.close();
});

test("owners that this process does not know are nobody's business", async () => {
  const path = join(folder(), "x.db");
  await openStore({ path, migrations: [first, other] }).close();
  const store = openStore({ path, migrations: [first] });
  expect(store.database.get("SELECT x FROM alpha_a")).toEqual({ x: 1 });
  await store.close();
});

test("a step that fails is undone and named, and those before it stay", async () => {
  const path = join(folder(), "x.db");
  const broken = step("alpha", 2, "CREATE TABLE alpha_half(x); INSERT INTO nowhere VALUES (1)");
  const open = () => openStore({ path, migrations: [first, broken] });
  expect(open).toThrow(StorageError);
  expect(open).toThrow(/Step 2 of the schema of "alpha" failed/);
  const store = openStore({ path, migrations: [first] });
  expect(store.database.get("SELECT x FROM alpha_a")).toEqual({ x: 1 });
  expect(store.database.get("SELECT 1 FROM sqlite_schema WHERE name = 'alpha_half'")).toBeUndefined();
  await store.close();
});

test.each([
  ["a gap", [first, step("alpha", 3, "SELECT 1")]],
  ["a repeat", [first, first]],
  ["a start that is not 1", [second]],
  ["an owner that is no identifier", [step("no/owner", 1, "SELECT 1")]],
])("refuses %s before touching the file", (_what, migrations) => {
  expect(() => openStore({ path: join(folder(), "x.db"), migrations })).toThrow(ConfigurationError);
});

test("several processes that open a new file at once all succeed", { timeout: 60_000 }, async () => {
  const path = join(folder(), "x.db");
  const fixture = fileURLToPath(new URL("./fixtures/opening-process.ts", import.meta.url));
  const processes = Array.from({ length: 4 }, () =>
    fork(fixture, [path], { execArgv: ["--conditions=@flyball/source"] }),
  );
  const ended = processes.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  await Promise.all(processes.map((child) => new Promise((resolve) => child.once("message", resolve))));
  const opened = processes.map((child) => new Promise<unknown>((resolve) => child.once("message", resolve)));
  for (const child of processes) child.send("go");
  expect(await Promise.all(opened)).toEqual(Array.from({ length: 4 }, () => ({ degraded: null, steps: 30 })));
  await Promise.all(ended);
});
