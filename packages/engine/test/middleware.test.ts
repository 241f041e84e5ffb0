import { fakeClock, type Middleware } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { createEngine, type NodeContext, workflow } from "../src/index.ts";

type Layer = Middleware<NodeContext, unknown>;

describe("middleware", () => {
  it("wraps every call of a function, the engine's outside the node's", async () => {
    const calls: string[] = [];
    const layer =
      (name: string): Layer =>
      async (context, next) => {
        calls.push(`${name} ${context.path}`);
        const value = await next();
        calls.push(`/${name} ${context.path}`);
        return value;
      };
    const engine = createEngine({ middleware: [layer("engine")] });
    const inner = workflow<number>("inner")
      .node("x", () => 1)
      .build();
    const graph = workflow<number>("w")
      .node("a", { middleware: [layer("outer"), layer("inner")] }, () => void calls.push("a"))
      .map("m", { items: () => [1, 2], concurrency: 1 }, () => 1)
      .workflow("n", inner, { input: () => 1 })
      .refine("r", { attempt: () => 1, score: () => 1, threshold: 1, maxIterations: 1 })
      .build();
    expect((await engine.run(graph, 1)).status).toBe("completed");
    const wrapped = ["m[0]", "m[1]", "n/x", "r[1]"].flatMap((path) => [`engine ${path}`, `/engine ${path}`]);
    expect(calls).toEqual(["engine a", "outer a", "inner a", "a", "/inner a", "/outer a", "/engine a", ...wrapped]);
  });

  it("may answer instead of the node, by the run's decisions", async () => {
    let computed = 0;
    const cache: Layer = async (context, next) => (context.run.decisions?.cache === "treatment" ? "cached" : next());
    const graph = workflow<number>("w")
      .node("a", { middleware: [cache] }, () => {
        computed++;
        return "computed";
      })
      .build();
    const engine = createEngine();
    expect(await engine.run(graph, 1, { decisions: { cache: "treatment" } })).toMatchObject({ state: { a: "cached" } });
    expect(await engine.run(graph, 1, { decisions: { cache: "control" } })).toMatchObject({ state: { a: "computed" } });
    expect(computed).toBe(1);
  });

  it("is part of the try: it is repeated, timed out and checked with it", async () => {
    const clock = fakeClock();
    const tries: number[] = [];
    const slow: Layer = async (context, next) => {
      tries.push(context.attempt);
      if (context.attempt === 1) throw new Error("layer");
      if (context.attempt === 2) await new Promise(() => {});
      return next();
    };
    const output = {
      parse(value: unknown): number {
        if (value !== 7) throw new Error("not 7");
        return 7;
      },
    };
    const options = { middleware: [slow], retry: { attempts: 3 }, timeoutMs: 50, output };
    const graph = workflow<number>("w")
      .node("a", options, () => 7)
      .build();
    const run = createEngine({ clock }).start(graph, 1);
    await clock.advance(10_000);
    expect(await run.result).toMatchObject({ status: "completed", state: { a: 7 } });
    expect(tries).toEqual([1, 2, 3]);
  });

  it("that calls next twice fails the node instead of running it twice", async () => {
    let ran = 0;
    const twice: Layer = async (_context, next) => {
      await next();
      return next();
    };
    const graph = workflow<number>("w")
      .node("a", { middleware: [twice] }, () => void ran++)
      .build();
    expect(await createEngine().run(graph, 1)).toMatchObject({ status: "failed", node: "a" });
    expect(ran).toBe(1);
  });
});
