import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fakeClock } from "@flyball/core";
import { describe, expect, test } from "vitest";
import { createLocalCoordinator, DatabaseBusyError, openStore, type Store } from "../src/index.ts";
import { temporaryFolders } from "./fixtures/folder.ts";
import { keepingLogger } from "./fixtures/lines.ts";

const folder = temporaryFolders();
const rows = (store: Store, table: string): number =>
  store.database.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? -1;

describe("a local coordinator", () => {
  test("waits for a locked file without blocking, and is refused when that takes too long", async () => {
    const path = join(folder(), "x.db");
    const coordinator = createLocalCoordinator(path, { timeoutMs: 150 });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    await expect(coordinator.claim("key", 1_000)).rejects.toBeInstanceOf(DatabaseBusyError);
    // Reading needs no lock.
    expect(await coordinator.counter("key")).toBe(0);
    const claim = coordinator.claim("key", 1_000);
    other.exec("COMMIT");
    expect(await claim).toBeDefined();
    other.close();
    await coordinator.close();
  });

  test("keeps its tables small, whatever number of keys and messages go through them", async () => {
    const clock = fakeClock();
    const store = openStore({ path: ":memory:", clock });
    const coordinator = createLocalCoordinator(store, { clock });
    for (let i = 0; i < 1_500; i++) {
      await coordinator.claim(`key-${i}`, 50);
      await coordinator.increment(`key-${i}`, { ttlMs: 50 });
      await coordinator.publish("channel", `message-${i}`);
      if (i % 3 === 0) await clock.advance(500);
    }
    expect(rows(store, "coordinator_claims")).toBeLessThan(400);
    expect(rows(store, "coordinator_counters")).toBeLessThan(400);
    expect(rows(store, "coordinator_messages")).toBeLessThan(600);
    await coordinator.close();
    await store.close();
  });

  test("polls the file only while somebody listens", async () => {
    const clock = fakeClock();
    const coordinator = createLocalCoordinator(join(folder(), "x.db"), { clock });
    expect(clock.pending).toBe(0);
    const first = await coordinator.subscribe("a", () => {});
    const second = await coordinator.subscribe("b", () => {});
    expect(clock.pending).toBe(1);
    await first();
    expect(clock.pending).toBe(1);
    await second();
    expect(clock.pending).toBe(0);
    await coordinator.subscribe("a", () => {});
    await coordinator.close();
    expect(clock.pending).toBe(0);
  });

  test("hears the file within 20 ms", async () => {
    const clock = fakeClock();
    const path = join(folder(), "x.db");
    const [here, there] = [createLocalCoordinator(path, { clock }), createLocalCoordinator(path)];
    const heard: string[] = [];
    await here.subscribe("channel", (message) => heard.push(message));
    await there.publish("channel", "hello");
    await clock.advance(20);
    expect(heard).toEqual(["hello"]);
    for (const coordinator of [here, there]) await coordinator.close();
  });

  test("hears another one on the same connection, in memory too", async () => {
    const clock = fakeClock();
    const store = openStore({ path: ":memory:", clock });
    const [here, there] = [createLocalCoordinator(store, { clock }), createLocalCoordinator(store, { clock })];
    const heard: string[] = [];
    await here.subscribe("channel", (message) => heard.push(message));
    await there.publish("channel", "hello");
    await clock.advance(20);
    expect(heard).toEqual(["hello"]);
    for (const coordinator of [here, there]) await coordinator.close();
    await store.close();
  });

  test("survives its store: operations are refused, and polling ends quietly", async () => {
    const clock = fakeClock();
    const logger = keepingLogger();
    const store = openStore({ path: join(folder(), "x.db"), clock });
    const coordinator = createLocalCoordinator(store, { clock, logger });
    await coordinator.subscribe("channel", () => {});
    await store.close();
    await clock.advance(1_000);
    expect(clock.pending).toBe(0);
    expect(logger.messages).toHaveLength(1);
    await expect(coordinator.claim("key", 1_000)).rejects.toMatchObject({ code: "storage_closed" });
    await coordinator.close();
  });

  test("on a damaged file starts with a fresh one, whose fences go on growing", async () => {
    const path = join(folder(), "x.db");
    const before = createLocalCoordinator(path);
    const first = await before.claim("key", 60_000);
    await before.close();
    writeFileSync(path, "not a database".repeat(400));
    const after = createLocalCoordinator(path);
    const second = await after.claim("key", 60_000);
    expect(second?.fence).toBeGreaterThan(first?.fence ?? Number.POSITIVE_INFINITY);
    await after.close();
  });
});
