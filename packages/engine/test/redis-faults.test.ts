import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type RedisService, startRedis } from "../../../test/services/redis.ts";
import {
  type CheckpointStore,
  createEngine,
  createFallbackCheckpoints,
  createMemoryCheckpoints,
  createRedisCheckpoints,
  workflow,
} from "../src/index.ts";
import { headOf, recordOf } from "./checkpoint-conformance.ts";

const timeoutMs = 150;

describe.skipIf(!available("redis-server"))("checkpoints in a Redis that fails", () => {
  let redis: RedisService;
  let store: CheckpointStore;
  beforeEach(async () => {
    redis = await startRedis();
    store = createRedisCheckpoints({ url: redis.url, timeoutMs });
  });
  afterEach(async () => {
    redis.wake();
    await store.close();
    await redis.stop();
  });

  /** However long this busy machine takes to connect. */
  const stored = () =>
    expect.poll(() => store.create(headOf("a")).then(() => "stored", String), { timeout: 10_000 }).toBe("stored");

  it("reject by their deadline when it hangs, are refused at once until it wakes, and work again then", async () => {
    await stored();
    redis.hang();
    const began = performance.now();
    const saves = [1, 2, 3].map((index) => store.save("a", recordOf(`n${index}`, index)));
    for (const save of saves) {
      await expect(save).rejects.toThrow(
        /Redis at 127.0.0.1:\d+ failed at storing a checkpoint: .*did not finish within/,
      );
      await expect(save).rejects.toMatchObject({ code: "checkpoint_failed" });
    }
    expect(performance.now() - began).toBeLessThan(2_000);
    // It may be a blink, so the next one is given a connection's time; nobody after that.
    await expect(store.save("a", recordOf("n4", 4))).rejects.toThrow("is not available");
    const refusal = async () => {
      const asked = performance.now();
      await expect(store.save("a", recordOf("n5", 5))).rejects.toThrow("is not available");
      return performance.now() - asked;
    };
    await expect.poll(refusal, { timeout: 10_000 }).toBeLessThan(timeoutMs / 2);
    redis.wake();
    const save = () => store.save("a", recordOf("n6", 6)).then(() => "saved", String);
    await expect.poll(save, { timeout: 10_000 }).toBe("saved");
  });

  it("connect again after it was killed, and say that the run is gone", async () => {
    await stored();
    await redis.kill();
    await expect(store.save("a", recordOf("n1", 1))).rejects.toThrow(/failed at storing a checkpoint/);
    await redis.restart();
    await expect.poll(() => store.load("a").catch(String), { timeout: 10_000 }).toBeUndefined();
    await expect(store.save("a", recordOf("n2", 2))).rejects.toThrow("has no checkpoints, or they expired");
  });

  it("let a run go on in the second store when it dies midway (C5)", async () => {
    const secondary = createMemoryCheckpoints();
    const checkpoints = createFallbackCheckpoints({ primary: store, secondary });
    const ran: string[] = [];
    const graph = workflow<number>("w")
      .node("a", () => void ran.push("a"))
      .node("b", async () => {
        await redis.kill();
        ran.push("b");
      })
      .approval("ok", { show: () => new Date(0) })
      .node("c", () => void ran.push("c"))
      .build();
    const run = createEngine({ checkpoints, durability: "required" }).start(graph, 1);
    expect(await run.result).toMatchObject({ status: "suspended", pending: [{ show: new Date(0) }] });
    const other = createFallbackCheckpoints({ primary: store, secondary });
    const resumed = createEngine({ checkpoints: other, durability: "required" });
    const answers = { ok: { approved: true } };
    expect((await resumed.resume(graph, run.id, { answers }).result).status).toBe("completed");
    expect(ran).toEqual(["a", "b", "c"]);
  });

  it("forget a run when its time to live is over, and the oldest finished ones beyond the limit", async () => {
    const short = createRedisCheckpoints({
      url: redis.url,
      timeoutMs: 10_000,
      ttlMs: 60,
      maxFinished: 2,
      keyPrefix: "short:",
    });
    for (const id of ["a", "b", "c", "d"]) {
      await short.create(headOf(id, { startedAt: id.charCodeAt(0) }));
      await new Promise((resolve) => setTimeout(resolve, 2));
      await short.setStatus(id, "completed");
    }
    expect((await short.list({ limit: 10 })).map(({ runId }) => runId)).toEqual(["d", "c"]);
    await expect.poll(() => short.load("d")).toBeUndefined();
    expect(await short.list({ limit: 10 })).toEqual([]);
    await short.close();
  });

  it("take a run of many nodes at once, as when it moves back from another store", async () => {
    const patient = createRedisCheckpoints({ url: redis.url, timeoutMs: 10_000 });
    await patient.create(headOf("a"));
    await Promise.all(Array.from({ length: 2_000 }, (_, index) => patient.save("a", recordOf(`n[${index}]`, index))));
    expect((await patient.load("a"))?.records).toHaveLength(2_000);
    await patient.close();
  });

  it("keep the process alive while one is written, or refused, and never in between", async () => {
    const script = `
      import { createRedisCheckpoints } from ${JSON.stringify(import.meta.resolve("../src/index.ts"))};
      const write = async (url, timeoutMs) => {
        const head = ${JSON.stringify(headOf("a"))};
        const made = await createRedisCheckpoints({ url, timeoutMs }).create(head).catch(({ code }) => code);
        process.stdout.write(made + " ");
      };
      await write("redis://127.0.0.1:1", 100);
      await write("${redis.url}", 10_000);`;
    const flags = ["--conditions=@flyball/source", "--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { timeout: 20_000 });
    expect(stdout).toBe("checkpoint_failed true ");
  });

  it("tell a wrong address from a right one, without repeating its password", () => {
    expect(() => createRedisCheckpoints({ url: "http://user:secret@host" })).toThrow(
      /url: expected a URL such as redis/,
    );
    expect(() => createRedisCheckpoints({ url: "http://user:secret@host" })).not.toThrow(/secret/);
    expect(() => createRedisCheckpoints({ url: redis.url, ttlMs: 0 })).toThrow(/ttlMs/);
    expect(() => createRedisCheckpoints({ url: redis.url, timeoutMs: 0 })).toThrow(/timeoutMs/);
  });
});
