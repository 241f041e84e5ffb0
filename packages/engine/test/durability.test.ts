import { type Clock, fakeClock, systemClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import {
  type CheckpointStore,
  createEngine,
  createFallbackCheckpoints,
  createMemoryCheckpoints,
  workflow,
} from "../src/index.ts";

import { headOf, recordOf } from "./checkpoint-conformance.ts";

/** A store that does what it is asked until `down` is set. */
function flaky(clock: Clock = systemClock) {
  const base = createMemoryCheckpoints({ clock });
  const state = { down: false, store: base };
  const guard =
    <A extends unknown[], T>(work: (...given: A) => Promise<T>) =>
    (...given: A): Promise<T> =>
      state.down ? Promise.reject(new Error("down")) : work(...given);
  const entries = Object.entries(base).map(([name, work]) => [
    name,
    guard(work as (...given: unknown[]) => Promise<unknown>),
  ]);
  state.store = Object.fromEntries(entries) as unknown as CheckpointStore;
  return { state, base };
}

const counts: Record<string, number> = {};
const count = (name: string) => {
  counts[name] = (counts[name] ?? 0) + 1;
  return name;
};

describe("a checkpoint store that fails", () => {
  const graph = (outage: () => void) =>
    workflow<number>("w")
      .node("a", () => "a")
      .node("b", () => {
        outage();
        return "b";
      })
      .node("c", () => "c")
      .build();

  it("does not stop a run; the failure is counted, and logged once", async () => {
    const { state } = flaky();
    const lines: string[] = [];
    const log = (_fields: object, message: string) => void lines.push(message);
    const engine = createEngine({ checkpoints: state.store, logger: { debug: log, info: log, warn: log, error: log } });
    const outage = () => {
      state.down = true;
    };
    for (let index = 0; index < 3; index++) expect((await engine.run(graph(outage), 1)).status).toBe("completed");
    expect(engine.failures.get("checkpoint")).toBeGreaterThan(5);
    expect(lines.filter((line) => line.includes("checkpoint failed"))).toHaveLength(1);
  });

  it("stops a run whose durability is required", async () => {
    const { state } = flaky();
    const engine = createEngine({ checkpoints: state.store, durability: "required" });
    const outage = () => {
      state.down = true;
    };
    expect(await engine.run(graph(outage), 1)).toMatchObject({
      status: "failed",
      node: "b",
      error: { code: "checkpoint_failed", message: expect.stringContaining("Checkpoint of `b`") },
    });
    expect(await engine.run(graph(outage), 1)).toMatchObject({
      status: "refused",
      error: { code: "checkpoints_unavailable" },
    });
    expect(await engine.resume(graph(outage), "x").result).toMatchObject({
      status: "refused",
      error: { code: "checkpoints_unavailable" },
    });
  });

  it("is given what it missed before anything newer, also the run itself", async () => {
    for (const failFrom of ["start", "a"] as const) {
      const { state, base } = flaky();
      state.down = failFrom === "start";
      const healing = workflow<number>("w")
        .node("a", () => {
          state.down = true;
          return "a";
        })
        .node("b", () => "b")
        .node("c", () => {
          state.down = false;
          return "c";
        })
        .approval("ok", { show: (at) => at.c })
        .build();
      const run = createEngine({ checkpoints: state.store }).start(healing, 1);
      expect((await run.result).status).toBe("suspended");
      const stored = await base.load(run.id);
      expect(stored?.records.map(({ path }) => path)).toEqual(["a", "b", "c", "ok"]);
      expect(stored?.head.status).toBe("suspended");
    }
  });

  it("is given what branches missed, and nothing newer before it, while some still fail", async () => {
    const base = createMemoryCheckpoints();
    let attempts = 0;
    const saved: string[] = [];
    const save: CheckpointStore["save"] = async (runId, record) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (attempts++ < 7) throw new Error("down");
      saved.push(record.path);
      await base.save(runId, record);
    };
    // biome-ignore lint/suspicious/noExplicitAny: the graph is made at run time
    let builder: any = workflow<number>("w");
    for (let index = 0; index < 12; index++) {
      const after = index < 3 ? [] : [`n${index - 3}`, `n${index - 2}`];
      builder = builder.node(`n${index}`, { after }, async () => index);
    }
    const run = await createEngine({ checkpoints: { ...base, save } }).run(builder.build(), 1);
    expect(run.status).toBe("completed");
    expect(new Set(saved).size).toBe(12);
    expect(saved).toHaveLength(12);
    for (let index = 3; index < 12; index++) {
      expect(saved.indexOf(`n${index}`)).toBeGreaterThan(saved.indexOf(`n${index - 3}`));
      expect(saved.indexOf(`n${index}`)).toBeGreaterThan(saved.indexOf(`n${index - 2}`));
    }
  });

  it("cannot keep a run that waits for a person: the run fails instead of waiting for ever", async () => {
    const { state } = flaky();
    state.down = true;
    const waiting = workflow<number>("w")
      .node("a", () => 1)
      .approval("ok", { show: () => 1 })
      .build();
    expect(await createEngine({ checkpoints: state.store }).run(waiting, 1)).toMatchObject({
      status: "failed",
      error: {
        code: "checkpoint_failed",
        message: expect.stringContaining("waits for an approval, but could not be stored"),
      },
    });
  });

  it("does not break a lease's renewal", async () => {
    const clock = fakeClock();
    const { state } = flaky();
    const slow = workflow<number>("w")
      .node("a", () => clock.sleep(120_000))
      .build();
    const engine = createEngine({ checkpoints: state.store, clock });
    const run = engine.start(slow, 1);
    await clock.advance(1_000);
    state.down = true;
    await clock.advance(60_000);
    state.down = false;
    await clock.advance(60_000);
    expect((await run.result).status).toBe("completed");
    expect(engine.failures.get("checkpoint.lease")).toBeGreaterThan(0);
  });
});

describe("a fallback between two stores (C5)", () => {
  const graph = (outage: () => void) =>
    workflow<number>("w")
      .node("a", () => count("a"))
      .node("b", () => {
        outage();
        return count("b");
      })
      .node("c", () => count("c"))
      .approval("ok", { show: () => 1 })
      .node("d", () => count("d"))
      .build();
  const answers = { ok: { approved: true } };

  it("goes on in the second when the first fails midway, and a resume finds every finished node", async () => {
    for (const name of Object.keys(counts)) delete counts[name];
    const clock = fakeClock();
    const { state, base } = flaky(clock);
    const secondary = createMemoryCheckpoints({ clock });
    const lines: string[] = [];
    const log = (_fields: object, message: string) => void lines.push(message);
    const logger = { debug: log, info: log, warn: log, error: log };
    const make = () => createFallbackCheckpoints({ primary: state.store, secondary, logger });
    const checkpoints = make();
    const one = graph(() => {
      state.down = true;
    });
    const run = createEngine({ checkpoints, durability: "required" }).start(one, 1);
    expect((await run.result).status).toBe("suspended");
    expect(checkpoints.failures.get("checkpoints.primary")).toBeGreaterThan(0);
    expect(lines).toHaveLength(1);
    expect((await secondary.load(run.id))?.records.map(({ path }) => path).sort()).toEqual(["a", "b", "c", "ok"]);
    expect((await base.load(run.id))?.records.map(({ path }) => path)).toEqual(["a"]);

    // While the first is away another process goes on in the second.
    expect(await createEngine({ checkpoints: make() }).list()).toMatchObject([{ runId: run.id, status: "suspended" }]);
    const waiting = createEngine({ checkpoints: make(), durability: "required" });
    expect((await waiting.resume(one, run.id).result).status).toBe("suspended");

    // When it is back, and what was claimed there before it went has expired, a resume brings the run home.
    state.down = false;
    clock.jump(30_000);
    expect(await createEngine({ checkpoints: make() }).list({ status: "running" })).toEqual([]);
    expect(
      (await createEngine({ checkpoints: make(), durability: "required" }).resume(one, run.id, { answers }).result)
        .status,
    ).toBe("completed");
    expect(counts).toEqual({ a: 1, b: 1, c: 1, d: 1 });
    expect((await base.load(run.id))?.head.status).toBe("completed");
    expect((await base.load(run.id))?.records).toHaveLength(5);
    expect(await secondary.load(run.id)).toBeUndefined();
  });

  it("moves a run whole when many of its branches end while the first store fails", async () => {
    const { state } = flaky();
    const secondary = createMemoryCheckpoints();
    const checkpoints = createFallbackCheckpoints({ primary: state.store, secondary });
    const items = Array.from({ length: 40 }, (_, index) => index);
    const graph = workflow<number>("w")
      .map("m", { items: () => items }, async (item) => {
        for (let turn = 0; turn < item; turn++) await Promise.resolve();
        if (item === 20) state.down = true;
        return item;
      })
      .build();
    const run = await createEngine({ checkpoints, durability: "required" }).run(graph, 1);
    expect(run.status).toBe("completed");
    expect((await secondary.load(run.runId))?.records).toHaveLength(42);
  });

  it("moves what the first store was just given, too", async () => {
    const secondary = createMemoryCheckpoints();
    const primary = createMemoryCheckpoints();
    let answer: () => void = () => {};
    const save: CheckpointStore["save"] = (_runId, { path }) =>
      path === "slow" ? new Promise((resolve) => (answer = resolve)) : Promise.reject(new Error("down"));
    const checkpoints = createFallbackCheckpoints({ primary: { ...primary, save }, secondary });
    await checkpoints.create(headOf("r"));
    const slow = checkpoints.save("r", recordOf("slow", 1));
    await checkpoints.save("r", recordOf("failing", 2));
    answer();
    await slow;
    expect((await secondary.load("r"))?.records.map(({ path }) => path)).toEqual(["slow", "failing"]);
  });

  it("lets nobody who sees only one of the stores take a run that another has", async () => {
    const { state } = flaky();
    const secondary = createMemoryCheckpoints();
    const make = () => createFallbackCheckpoints({ primary: state.store, secondary });
    const stuck = workflow<number>("w")
      .node("a", () => new Promise(() => {}))
      .build();
    const run = createEngine({ checkpoints: make() }).start(stuck, 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await make().claim(run.id, "another", 1_000)).not.toBe("another");
    state.down = true;
    expect(await make().claim(run.id, "another", 1_000)).not.toBe("another");
    run.cancel();
    await run.result;
  });

  it("goes on without either, unless durability is required", async () => {
    const dead = () => {
      const { state } = flaky();
      state.down = true;
      return state.store;
    };
    const checkpoints = createFallbackCheckpoints({ primary: dead(), secondary: dead() });
    const plain = workflow<number>("w")
      .node("a", () => 1)
      .build();
    expect((await createEngine({ checkpoints }).run(plain, 1)).status).toBe("completed");
    expect((await createEngine({ checkpoints, durability: "required" }).run(plain, 1)).status).toBe("refused");
    await expect(checkpoints.load("x")).rejects.toThrow("down");
    await expect(checkpoints.list({ limit: 1 })).rejects.toThrow("down");
  });
});
