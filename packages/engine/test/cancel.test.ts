import { fakeClock } from "@flyball/core";
import { describe, expect, it, vi } from "vitest";
import { createEngine, createMemoryCheckpoints, type NodeContext, type RunEvent, workflow } from "../src/index.ts";

const never = new Promise<never>(() => {});

describe("cancelling a run", () => {
  const graph = workflow<number>("w")
    .node("first", () => "done")
    .parallel("p", {
      deaf: () => never,
      listening: (_state, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    })
    .node("last", () => "never")
    .build();

  const engines = {
    bare: () => createEngine(),
    "with checkpoints": () => createEngine({ checkpoints: createMemoryCheckpoints() }),
  };

  it.each(Object.entries(engines))("ends it at once, whatever its nodes do (%s)", async (_name, make) => {
    const run = make().start(graph, 1);
    setImmediate(() => run.cancel("changed my mind"));
    expect(await run.result).toMatchObject({
      status: "cancelled",
      state: { first: "done" },
      error: { code: "cancelled", cause: "changed my mind" },
    });
  });

  it("obeys the caller's signal, and leaves no listener on it", async () => {
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, "addEventListener");
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    const quick = workflow<number>("w")
      .node("a", () => 1)
      .build();
    expect((await createEngine().run(quick, 1, { signal: controller.signal })).status).toBe("completed");
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
    const run = createEngine().start(graph, 1, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error("shutting down")));
    expect(await run.result).toMatchObject({ status: "cancelled", error: { cause: { message: "shutting down" } } });
    const late = await createEngine().run(graph, 1, { signal: controller.signal });
    expect(late).toMatchObject({ status: "cancelled", state: { input: 1 } });
    expect("first" in (late as { state: object }).state).toBe(false);
  });

  it("ends nodes that wait for a slot, for a retry or for an item", async () => {
    const clock = fakeClock();
    const waiting = workflow<number>("w")
      .node("fails", { after: [], retry: { attempts: 9, backoffMs: 5_000 } }, () => {
        throw new Error("no");
      })
      .map("m", { after: [], items: () => [1, 2, 3], concurrency: 1 }, () => never)
      .build();
    const run = createEngine({ clock }).start(waiting, 1, { concurrency: 2 });
    await clock.advance(100);
    run.cancel();
    expect((await run.result).status).toBe("cancelled");
    expect(clock.pending).toBe(0);
  });

  it("may be done by a node, or before anything began", async () => {
    const engine = createEngine();
    const self = workflow<() => void>("w")
      .node("a", (state) => state.input())
      .node("b", () => 1)
      .build();
    const run = engine.start(self, () => run.cancel());
    expect(await run.result).toMatchObject({ status: "cancelled" });
    const early = engine.start(graph, 1);
    early.cancel();
    expect(await early.result).toMatchObject({ status: "cancelled", state: { input: 1 } });
  });
});

describe("a node that fails", () => {
  it("cancels what runs beside it and is the one that the result names", async () => {
    const reasons: unknown[] = [];
    const listen = (_state: unknown, { signal }: NodeContext) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          reject(new Error("a consequence, not the cause"));
        }),
      );
    const graph = workflow<number>("w")
      .node("a", { after: [] }, listen)
      .node("bad", { after: [] }, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error("the cause");
      })
      .map("m", { after: [], items: () => [1, 2] }, (_item, state, context) => listen(state, context))
      .build();
    expect(await createEngine().run(graph, 1)).toMatchObject({
      status: "failed",
      node: "bad",
      error: { message: "the cause" },
    });
    expect(reasons).toHaveLength(3);
    for (const reason of reasons)
      expect(reason).toMatchObject({ code: "cancelled", message: "work beside `bad` was cancelled" });
  });

  it("leaves no rejection unhandled, however many fail and however late", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const clock = fakeClock();
    let graph = workflow<number>("w").node("a", { after: [] }, () =>
      Promise.reject(new Error("0")),
    ) as never as ReturnType<typeof workflow<number>>;
    for (let index = 1; index < 50; index++) {
      const fail = async () => {
        await clock.sleep(index);
        throw new Error(`${index}`);
      };
      graph = graph.node(`n${index}`, { after: [], timeoutMs: index % 2 ? 10 : 1_000 }, fail) as never;
    }
    for (const checkpoints of [undefined, createMemoryCheckpoints()]) {
      const run = createEngine({ clock, ...(checkpoints && { checkpoints }) }).start(graph.build(), 1);
      await clock.advance(2_000);
      expect((await run.result).status).toBe("failed");
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe("hundreds of parallel nodes that listen to their signals", () => {
  it("cause no listener warning (langgraphjs#1014, #1494)", async () => {
    const warnings = vi.fn();
    process.on("warning", warnings);
    const listen = async (signal: AbortSignal) => {
      for (let index = 0; index < 3; index++) signal.addEventListener("abort", () => {});
      await new Promise((resolve) => setImmediate(resolve));
    };
    // biome-ignore lint/suspicious/noExplicitAny: the graph is made at run time
    let builder: any = workflow<number>("w").node("root", () => 1);
    for (let index = 0; index < 300; index++) {
      builder = builder.node(`n${index}`, { after: ["root"] }, (_state: unknown, { signal }: NodeContext) =>
        listen(signal),
      );
    }
    const graph = builder
      .map(
        "m",
        { items: () => Array(300).fill(1), retry: { attempts: 2, backoffMs: 1 } },
        (_item: unknown, _state: unknown, { signal }: NodeContext) => listen(signal),
      )
      .build();
    const controller = new AbortController();
    for (const options of [{}, { checkpoints: createMemoryCheckpoints() }]) {
      const run = createEngine(options).start(graph, 1, { signal: controller.signal });
      expect((await run.result).status).toBe("completed");
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", warnings);
    expect(warnings).not.toHaveBeenCalled();
  });
});

describe("an engine that closes", () => {
  it("takes no more runs, waits for those under way, and leaves the rest for another process", async () => {
    const clock = fakeClock();
    const checkpoints = createMemoryCheckpoints({ clock });
    const engine = createEngine({ clock, checkpoints });
    const counted: string[] = [];
    const graph = workflow<number>("w")
      .node("a", () => void counted.push("a"))
      .node("b", (state) => (state.input > 1 ? never : clock.sleep(state.input)))
      .build();
    const [quick, stuck] = [engine.start(graph, 1), engine.start(graph, 2)];
    await clock.advance(0);
    const closing = engine.close(100);
    const events: RunEvent[] = [];
    for await (const event of engine.start(graph, 1).events()) events.push(event);
    expect(events).toEqual([{ type: "run-ended", status: "refused" }]);
    await clock.advance(100);
    await closing;
    expect(await quick.result).toMatchObject({ status: "completed" });
    expect(await stuck.result).toMatchObject({ status: "cancelled", error: { code: "engine_closed" } });
    expect((await checkpoints.load(stuck.id))?.head.status).toBe("running");
    const other = createEngine({ clock, checkpoints });
    const resumed = other.resume(graph, stuck.id);
    await clock.advance(10);
    resumed.cancel();
    await resumed.result;
    expect(counted.filter((name) => name === "a")).toHaveLength(2);
  });
});
