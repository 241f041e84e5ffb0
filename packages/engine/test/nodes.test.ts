import { fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { type Attempt, createEngine, NodeValueError, workflow } from "../src/index.ts";

const engine = createEngine();
const never = new Promise<never>(() => {});

describe("parallel", () => {
  it("runs functions and workflows side by side and gives a field for each", async () => {
    const child = workflow<{ readonly a: number }>("child")
      .node("double", (state) => state.input.a * 2)
      .build({ output: (state) => state.double });
    const graph = workflow<number>("w")
      .node("a", (state) => state.input)
      .parallel("p", { plain: (state) => state.a, later: async () => "x", nested: child })
      .build();
    expect(await engine.run(graph, 4)).toMatchObject({
      status: "completed",
      state: { p: { plain: 4, later: "x", nested: 8 } },
    });
  });

  it("keeps to its concurrency and starts the next branch the moment one ends", async () => {
    const clock = fakeClock();
    const began: Record<string, number> = {};
    const branch = (name: string, ms: number) => async () => {
      began[name] = clock.monotonic();
      await clock.sleep(ms);
    };
    const branches = { a: branch("a", 10), b: branch("b", 50), c: branch("c", 10), d: branch("d", 10) };
    const run = createEngine({ clock }).start(
      workflow<number>("w").parallel("p", { concurrency: 2 }, branches).build(),
      1,
    );
    await clock.advance(1_000);
    expect((await run.result).status).toBe("completed");
    expect(began).toEqual({ a: 0, b: 0, c: 10, d: 20 });
  });

  it("loses a failed branch only when partial, else cancels the others and says which failed", async () => {
    const signals: AbortSignal[] = [];
    const branches = {
      bad: async () => {
        throw new TypeError("broken");
      },
      good: async (_state: unknown, context: { signal: AbortSignal }) => {
        signals.push(context.signal);
        await Promise.resolve();
        return 1;
      },
    };
    expect(await engine.run(workflow<number>("w").parallel("p", { partial: true }, branches).build(), 1)).toMatchObject(
      {
        status: "completed",
        state: {
          p: {
            bad: { status: "failed", error: { type: "TypeError", message: "broken" } },
            good: { status: "ok", value: 1 },
          },
        },
      },
    );
    const hanging = {
      ...branches,
      slow(_state: unknown, context: { signal: AbortSignal }) {
        signals.push(context.signal);
        return never;
      },
    };
    const result = await engine.run(workflow<number>("w").parallel("p", hanging).build(), 1);
    expect(result).toMatchObject({ status: "failed", node: "p/bad", error: { message: "broken" } });
    expect(signals.at(-1)?.aborted).toBe(true);
  });
});

describe("map", () => {
  it("keeps the items' order whatever order they end in", async () => {
    const clock = fakeClock();
    const graph = workflow<number[]>("w")
      .map("m", { items: (state) => state.input }, async (ms) => {
        await clock.sleep(ms);
        return ms;
      })
      .build({ output: (state) => state.m });
    const run = createEngine({ clock }).start(graph, [30, 10, 20]);
    await clock.advance(100);
    expect(await run.result).toMatchObject({ status: "completed", output: [30, 10, 20] });
  });

  it("loses a failed or timed-out item alone when partial (A1)", async () => {
    const clock = fakeClock();
    const graph = workflow<number[]>("w")
      .map("m", { items: (state) => state.input, partial: true, timeoutMs: 8_000 }, async (item) => {
        if (item === 1) throw new Error("no");
        if (item === 2) await never;
        return item;
      })
      .build({ output: (state) => state.m });
    const run = createEngine({ clock }).start(graph, [0, 1, 2, 3]);
    await clock.advance(8_000);
    expect(await run.result).toMatchObject({
      output: [
        { status: "ok", value: 0 },
        { status: "failed", error: { type: "Error", message: "no" } },
        { status: "failed", error: { type: "timeout" } },
        { status: "ok", value: 3 },
      ],
    });
  });

  it("gives each item its path, and a name that all of them share", async () => {
    const graph = workflow<number>("w")
      .map("m", { items: () => ["a", "b"] }, (item, _state, context) => `${item} ${context.path} ${context.node}`)
      .build({ output: (state) => state.m });
    expect(await engine.run(graph, 1)).toMatchObject({ output: ["a m[0] m[]", "b m[1] m[]"] });
  });

  it("does nothing for no items, and refuses what is no list", async () => {
    const graph = workflow<unknown>("w")
      .map("m", { items: (state) => state.input as number[] }, (item) => item)
      .build({ output: (state) => state.m });
    expect(await engine.run(graph, [])).toMatchObject({ status: "completed", output: [] });
    expect(await engine.run(graph, "abc")).toMatchObject({
      status: "failed",
      node: "m",
      error: new NodeValueError("m", 'items gave "abc", expected an array'),
    });
  });

  it("takes the item's schema at its word", async () => {
    const even = {
      parse(value: unknown): number {
        if (typeof value === "number" && value % 2 === 0) return value;
        throw new Error("odd");
      },
    };
    const graph = workflow<number[]>("w")
      .map("m", { items: (state) => state.input, output: even, partial: true }, (item) => item)
      .build({ output: (state) => state.m.map(({ status }) => status) });
    expect(await engine.run(graph, [2, 3])).toMatchObject({ output: ["ok", "failed"] });
  });
});

describe("route and skip", () => {
  const graph = workflow<string>("w")
    .route(
      "answer",
      { choose: (state) => (state.input === "no" ? "skip" : "ask") },
      {
        skip: () => "skipped",
        ask: (state) => `asked ${state.input}`,
      },
    )
    .node("more", { when: (state) => state.answer !== "skipped" }, () => "more")
    .node("end", (state) => [state.answer, state.more])
    .build({ output: (state) => state.end });

  it("runs one branch, and skips a node whose condition does not hold, but not what comes after it", async () => {
    expect(await engine.run(graph, "no")).toMatchObject({ output: ["skipped", undefined] });
    expect(await engine.run(graph, "yes")).toMatchObject({ output: ["asked yes", "more"] });
  });

  it("fails clearly when the choice is none of the branches", async () => {
    const bad = workflow<number>("w")
      .route("r", { choose: () => "c" as "a" }, { a: () => 1, b: () => 2 })
      .build();
    const result = await engine.run(bad, 1);
    expect(result).toMatchObject({ status: "failed", node: "r" });
    expect(String("error" in result && result.error)).toContain('choose gave "c", expected one of "a", "b"');
  });
});

describe("refine", () => {
  it("repeats until the score is high enough for this state, and sees its previous attempt", async () => {
    const seen: (Attempt<string> | undefined)[] = [];
    const graph = workflow<{ priority: "critical" | "normal" }>("w")
      .refine("draft", {
        attempt: (_state, context, previous: Attempt<string> | undefined) => {
          seen.push(previous);
          return "x".repeat(context.iteration! * 4);
        },
        score: async (value) => value.length,
        threshold: (state) => (state.input.priority === "critical" ? 8 : 4),
        maxIterations: 5,
      })
      .build({ output: (state) => state.draft });
    expect(await engine.run(graph, { priority: "critical" })).toMatchObject({
      output: { value: "xxxxxxxx", score: 8, threshold: 8, iterations: 2, accepted: true },
    });
    expect(seen).toEqual([undefined, { value: "xxxx", score: 4 }]);
    expect(await engine.run(graph, { priority: "normal" })).toMatchObject({ output: { iterations: 1 } });
  });

  it("gives the best attempt when the iterations run out", async () => {
    const scores = [3, 7, 5];
    const graph = workflow<number>("w")
      .refine("draft", {
        attempt: (_state, context) => context.iteration!,
        score: (value) => scores[value - 1]!,
        threshold: 9,
        maxIterations: 3,
      })
      .build({ output: (state) => state.draft });
    expect(await engine.run(graph, 1)).toMatchObject({
      output: { value: 2, score: 7, iterations: 3, accepted: false },
    });
  });

  it("fails at the iteration whose score is no number", async () => {
    const graph = workflow<number>("w")
      .refine("draft", { attempt: () => 1, score: () => Number.NaN, threshold: 1, maxIterations: 2 })
      .build();
    expect(await engine.run(graph, 1)).toMatchObject({
      status: "failed",
      node: "draft[1]",
      error: { code: "node_value_invalid" },
    });
  });
});

describe("nested workflows", () => {
  it("run with their own input and path, and their failure names the inner node", async () => {
    const inner = workflow<number>("inner")
      .node("path", (_state, context) => context.path)
      .node("bad", (state) => {
        if (state.input > 1) throw new Error("too big");
        return state.path;
      })
      .build({ output: (state) => state.bad });
    const graph = workflow<number[]>("outer")
      .map("each", { items: (state) => state.input, partial: true }, inner)
      .workflow("one", inner, { input: (state) => state.input[1]! })
      .build();
    const result = await engine.run(graph, [1, 2]);
    expect(result).toMatchObject({
      status: "failed",
      node: "one/bad",
      state: {
        each: [
          { status: "ok", value: "each[0]/path" },
          { status: "failed", error: { message: "too big" } },
        ],
      },
    });
  });

  it("end at their timeout, and tell their nodes", async () => {
    const clock = fakeClock();
    let aborted: unknown;
    const inner = workflow<number>("inner")
      .node("hang", (_state, { signal }) => {
        signal.addEventListener("abort", () => {
          aborted = signal.reason;
        });
        return never;
      })
      .build();
    const graph = workflow<number>("outer")
      .workflow("n", inner, { input: () => 1, timeoutMs: 50 })
      .build();
    const run = createEngine({ clock }).start(graph, 1);
    await clock.advance(50);
    expect(await run.result).toMatchObject({ status: "failed", node: "n", error: { code: "timeout" } });
    expect(aborted).toMatchObject({ code: "timeout" });
  });
});

describe("the state", () => {
  it("that a node returns, or that a nested workflow receives, is what it was then", async () => {
    const child = workflow<object>("child")
      .node("x", (state) => state.input)
      .build({ output: (state) => state.x });
    const graph = workflow<number>("w")
      .node("same", (state) => state as object)
      .parallel("p", { child })
      .node("later", () => 1)
      .build();
    const result = await engine.run(graph, 7);
    if (result.status !== "completed") throw new Error(result.status);
    expect(result.state).toEqual({
      ...{ input: 7, same: { input: 7 }, later: 1 },
      p: { child: { input: 7, same: { input: 7 } } },
    });
  });
});
