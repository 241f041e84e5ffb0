import { join } from "node:path";
import { ConfigurationError, fakeClock } from "@flyball/core";
import { afterEach, describe, expect, test } from "vitest";
import { type Migration, openStore, type Retention, type Store, type StoreOptions } from "../src/index.ts";
import { cleanUp } from "../src/retention.ts";
import type { TrackingWriter } from "../src/writer/writer.ts";
import { temporaryFolders } from "./fixtures/folder.ts";
import { until } from "./fixtures/until.ts";

const folder = temporaryFolders();
const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

const day = 86_400_000;
const migrations: Migration[] = [
  {
    owner: "test",
    version: 1,
    sql: `CREATE TABLE test_events(id INTEGER PRIMARY KEY, at INTEGER);
      CREATE TABLE test_minutes(series TEXT, minute INTEGER, PRIMARY KEY(series, minute)) WITHOUT ROWID;
      CREATE TABLE test_kept(at INTEGER)`,
  },
];
const retention: Retention[] = [
  { table: "test_events", timeColumn: "at", keepMs: 30 * day },
  { table: "test_minutes", timeColumn: "minute", keepMs: 2 * day },
];

function open(options: Partial<StoreOptions> = {}): Store {
  const store = openStore({ path: join(folder(), "x.db"), migrations, retention, cleanUpEveryMs: 0, ...options });
  opened.push(store);
  return store;
}
const count = (store: Store, table: string): number =>
  store.database.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? -1;

function fill(store: Store, now: number): void {
  store.database.transaction(() => {
    for (let i = 0; i < 3000; i++) {
      const at = now - (i % 60) * day;
      store.database.run("INSERT INTO test_events(at) VALUES (?)", at);
      store.database.run("INSERT INTO test_minutes VALUES (?, ?)", `series-${i}`, at);
      store.database.run("INSERT INTO test_kept VALUES (?)", at);
    }
  });
}

describe.each([
  ["in a file", undefined],
  ["in memory", ":memory:"],
])("%s", (_where, path) => {
  test("deletes what is older than each table's time, and nothing else", async () => {
    const store = open(path ? { path } : {});
    const now = Date.UTC(2026, 5, 1);
    fill(store, now);
    store.cleanUp(now);
    await until(() => count(store, "test_events") === 50 * 31 && count(store, "test_minutes") === 50 * 3);
    expect(count(store, "test_kept")).toBe(3000);
    expect(store.database.get("SELECT min(at) AS oldest FROM test_events")).toEqual({ oldest: now - 30 * day });
  });
});

test("goes in small steps, one after the other, and is not started twice", async () => {
  const { database, writer } = open();
  const now = Date.UTC(2026, 5, 1);
  fill(opened[0] as Store, now);
  const steps: [table: string | undefined, changes: number][] = [];
  let under = 0;
  const stepping: TrackingWriter = {
    ...writer,
    async execute(sql, values) {
      expect(++under).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      const { changes } = database.run(sql, ...values);
      steps.push([sql.match(/FROM (\w+)/)?.[1], changes]);
      under--;
      return changes;
    },
  };
  const cleaning = cleanUp(database, stepping, retention);
  cleaning.run(now);
  cleaning.run(now);
  await until(() => steps.length >= 9);
  expect(steps).toEqual([
    ...[500, 500, 450].map((changes) => ["test_events", changes]),
    ...[500, 500, 500, 500, 500, 350].map((changes) => ["test_minutes", changes]),
  ]);
});

test("happens by itself, a minute after the start and then every so often", async () => {
  const clock = fakeClock(Date.UTC(2026, 5, 1));
  const store = open({ clock, cleanUpEveryMs: 3_600_000 });
  fill(store, clock.now());
  await clock.advance(59_000);
  await store.writer.flush(10_000);
  expect(count(store, "test_events")).toBe(3000);
  await clock.advance(1_000);
  await until(async () => {
    await clock.advance(20);
    return (
      count(store, "test_events") === 50 * 30 && count(store, "test_minutes") === 50 * 2 && store.writer.queued === 0
    );
  });
  clock.jump(day);
  await clock.advance(3_600_000);
  await until(async () => {
    await clock.advance(20);
    return count(store, "test_events") === 50 * 29;
  });
});

test.each<[string, Retention]>([
  ["retention[0].table", { table: "nowhere", timeColumn: "at", keepMs: day }],
  ["retention[0].table", { table: "test_events; DROP TABLE test_events", timeColumn: "at", keepMs: day }],
  ["retention[0].timeColumn", { table: "test_events", timeColumn: "when", keepMs: day }],
  ["retention[0].keepMs", { table: "test_events", timeColumn: "at", keepMs: 0 }],
])("refuses a wrong %s", (path, wrong) => {
  const refused = () => openStore({ path: ":memory:", migrations, retention: [wrong] });
  expect(refused).toThrow(ConfigurationError);
  expect(refused).toThrow(`${path}:`);
});
