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

describe.skipIf(!available("redis-server"))("checkpoints in a Redis that fails", () => {
  let redis: RedisService;
  let store: CheckpointStore;
  beforeEach(async () => {
    redis = await startRedis();
    store = createRedisCheckpoints({ url: redis.url, timeoutMs: 150, restMs: 50 });
  });
  afterEach(async () => {
    redis.wake();
    await store.close();
    await redis.stop();
  });

  it("reject by their deadline when it hangs, refuse at once for a while, and work again when it does", async () => {
    await store.create(headOf("a"));
    redis.hang();
    const began = performance.now();
    const saves = [1, 2, 3].map((index) => store.save("a", recordOf(`n${index}`, index)));
    for (const save of saves)
      await expect(save).rejects.toThrow(/Redis at 127.0.0.1:\d+ failed at storing a checkpoint/);
    await expect(store.save("a", recordOf("n4", 4))).rejects.toThrow("it did not answer a moment ago");
    expect(performance.now() - began).toBeLessThan(2_000);
    redis.wake();
    await expect.poll(() => store.save("a", recordOf("n5", 5)).then(() => "saved", String)).toBe("saved");
  });

  it("connect again after it was killed, and say that the run is gone", async () => {
    await store.create(headOf("a"));
    await redis.kill();
    await expect(store.save("a", recordOf("n1", 1))).rejects.toThrow(/failed at storing a checkpoint/);
    await redis.restart();
    await expect.poll(() => store.load("a").catch(String)).toBeUndefined();
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
    const short = createRedisCheckpoints({ url: redis.url, ttlMs: 60, maxFinished: 2, keyPrefix: "short:" });
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

  it("tell a wrong address from a right one, without repeating its password", () => {
    expect(() => createRedisCheckpoints({ url: "http://user:secret@host" })).toThrow(
      /url: expected a URL such as redis/,
    );
    expect(() => createRedisCheckpoints({ url: "http://user:secret@host" })).not.toThrow(/secret/);
    expect(() => createRedisCheckpoints({ url: redis.url, ttlMs: 0 })).toThrow(/ttlMs/);
  });
});
