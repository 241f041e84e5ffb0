import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { serialize } from "node:v8";
import { fakeClock } from "@flyball/core";
import { openStore } from "@flyball/storage";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkpointMigrations, createEngine, createLocalCheckpoints, workflow } from "../src/index.ts";
import { headOf, recordOf } from "./checkpoint-conformance.ts";

const day = 86_400_000;
let folder: string;
let store: ReturnType<typeof openStore>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flyball-local-"));
  store = openStore({ path: join(folder, "runs.db"), migrations: checkpointMigrations, busyTimeoutMs: 1 });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const countOf = (table: string) => store.database.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n;

describe("local checkpoints", () => {
  it("forget runs that nobody has touched for longer than they keep, whatever their status, but none that is claimed", async () => {
    const clock = fakeClock();
    const checkpoints = createLocalCheckpoints({ store, clock, keepMs: 30 * day });
    for (const id of ["old", "claimed", "resumed"]) {
      await checkpoints.create(headOf(id));
      await checkpoints.save(id, recordOf("a", 1));
      await checkpoints.setStatus(id, "suspended");
    }
    await clock.advance(20 * day);
    await checkpoints.setStatus("resumed", "running");
    await clock.advance(11 * day);
    await checkpoints.claim("claimed", "somebody", day);
    await clock.advance(3_600_000);
    await store.writer.flush(5_000);
    expect((await checkpoints.list({ limit: 10 })).map(({ runId }) => runId).sort()).toEqual(["claimed", "resumed"]);
    expect(countOf("engine_records")).toBe(2);
    await checkpoints.close();
    expect(clock.pending).toBe(0);
  });

  it("keep the newest finished runs only, and every run that is not finished", async () => {
    const clock = fakeClock();
    const checkpoints = createLocalCheckpoints({ store, clock, maxFinished: 20 });
    await checkpoints.create(headOf("waiting"));
    await checkpoints.setStatus("waiting", "suspended");
    for (let index = 0; index < 200; index++) {
      await clock.advance(1);
      await checkpoints.create(headOf(`r${index}`, { startedAt: clock.now() }));
      await checkpoints.save(`r${index}`, recordOf("a", 1));
      await checkpoints.setStatus(`r${index}`, "completed");
    }
    for (let hour = 0; hour < 2; hour++) {
      await clock.advance(3_600_000);
      await store.writer.flush(5_000);
    }
    const kept = (await checkpoints.list({ limit: 1_000 })).map(({ runId }) => runId);
    expect(kept).toHaveLength(21);
    expect(kept).toContain("waiting");
    expect(kept).toContain("r199");
    expect(countOf("engine_records")).toBe(20);
    await checkpoints.close();
  });

  it("share one commit among nodes that end side by side", async () => {
    const checkpoints = createLocalCheckpoints({ store });
    const transactions = vi.spyOn(store.database, "transaction");
    const graph = workflow<number>("w")
      .map("m", { items: () => Array(50).fill(0) }, async () => 1)
      .build();
    const run = await createEngine({ checkpoints }).run(graph, 1);
    expect(run.status).toBe("completed");
    expect(transactions.mock.calls.length).toBeLessThanOrEqual(2);
    expect((await checkpoints.load(run.runId))?.records).toHaveLength(52);
    await checkpoints.close();
  });

  it("wait for a lock that another process holds, without blocking this one", async () => {
    const checkpoints = createLocalCheckpoints({ store });
    await checkpoints.create(headOf("a"));
    const other = new DatabaseSync(join(folder, "runs.db"));
    other.exec("BEGIN IMMEDIATE");
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    const saved = checkpoints.save("a", recordOf("n", 1));
    setTimeout(() => other.exec("COMMIT"), 60);
    await saved;
    clearInterval(turning);
    other.close();
    expect(turns).toBeGreaterThan(5);
    expect((await checkpoints.load("a"))?.records).toHaveLength(1);
    await checkpoints.close();
  });

  it("give up after their patience, with an error, and go on working", async () => {
    const checkpoints = createLocalCheckpoints({ store, patienceMs: 30 });
    await checkpoints.create(headOf("a"));
    const other = new DatabaseSync(join(folder, "runs.db"));
    other.exec("BEGIN IMMEDIATE");
    const saves = [1, 2].map((index) => checkpoints.save("a", recordOf(`n${index}`, index)));
    for (const save of saves) await expect(save).rejects.toMatchObject({ code: "storage_busy" });
    other.exec("COMMIT");
    other.close();
    await checkpoints.save("a", { path: "n3", status: "ok", value: serialize(3), at: 1 });
    expect((await checkpoints.load("a"))?.records.map(({ path }) => path)).toEqual(["n3"]);
    await checkpoints.close();
  });

  it("refuse settings that make no sense", () => {
    expect(() => createLocalCheckpoints({ store, keepMs: 0 })).toThrow(/keepMs/);
    expect(() => createLocalCheckpoints({ store, maxFinished: Number.NaN })).toThrow(/maxFinished/);
  });
});
