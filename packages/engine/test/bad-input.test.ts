import { fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { createEngine, createMemoryCheckpoints, NodeValueError, workflow } from "../src/index.ts";

const engine = createEngine();
const keeping = () => createEngine({ checkpoints: createMemoryCheckpoints() });

class Client {
  readonly token = "x";
  call(): number {
    return 1;
  }
}

async function errorOf(run: ReturnType<typeof engine.run>): Promise<Error> {
  const result = await run;
  if (result.status !== "failed") throw new Error(`the run is ${result.status}`);
  return result.error;
}

describe("what users' code may do to a run", () => {
  it("throws what is no Error", async () => {
    for (const thrown of ["text", undefined, null, 7, { odd: true }]) {
      const graph = workflow<number>("w")
        .node("a", () => {
          throw thrown;
        })
        .build();
      expect(await engine.run(graph, 1)).toMatchObject({
        status: "failed",
        node: "a",
        error: { code: "thrown_non_error" },
      });
    }
  });

  it("never settles and ignores its signal: its timeout ends it, and its late answer counts for nothing", async () => {
    const clock = fakeClock();
    let answer: (value: number) => void = () => {};
    const graph = workflow<number>("w")
      .node("stuck", { timeoutMs: 100 }, () => new Promise<number>((resolve) => (answer = resolve)))
      .build();
    const run = createEngine({ clock }).start(graph, 1);
    await clock.advance(100);
    expect(await run.result).toMatchObject({
      status: "failed",
      node: "stuck",
      error: { code: "timeout" },
      state: { input: 1 },
    });
    answer(3);
    await clock.advance(1);
    expect(clock.pending).toBe(0);
  });

  it("returns what its schema refuses: the error names node and path", async () => {
    const output = {
      parse(value: unknown): { title: string } {
        if (typeof (value as { title?: unknown }).title === "string") return value as { title: string };
        throw new Error("title: expected string, received number");
      },
    };
    const child = workflow<number>("child")
      .node("make", { output }, () => ({ title: 3 }))
      .build();
    const graph = workflow<number>("w")
      .map("m", { items: () => [1] }, child)
      .build();
    expect(await errorOf(engine.run(graph, 1))).toEqual(
      new NodeValueError("m[0]/make", "its value was refused by its schema: title: expected string, received number"),
    );
  });

  it("keeps what the schema made of a value", async () => {
    const output = { parse: (value: unknown) => new Date(String(value)) };
    const graph = workflow<string>("w")
      .node("date", { output }, (state) => state.input)
      .build();
    expect(await engine.run(graph, "2026-01-01")).toMatchObject({ state: { date: new Date("2026-01-01") } });
  });

  it("returns undefined, or a promise of its own make", async () => {
    const graph = workflow<number>("w")
      .node("nothing", () => undefined)
      // biome-ignore lint/suspicious/noThenProperty: a foreign promise is what is tested
      .node("thenable", () => ({ then: (resolve: (value: number) => void) => resolve(5) }) as unknown as number)
      .node("twice", () => {
        const rude = (resolve: (value: number) => void, reject: (error: Error) => void) => {
          resolve(6);
          resolve(7);
          reject(new Error("late"));
          throw new Error("later");
        };
        // biome-ignore lint/suspicious/noThenProperty: a foreign promise is what is tested
        return { then: rude } as unknown as number;
      })
      .build();
    for (const one of [engine, keeping()]) {
      expect(await one.run(graph, 1)).toMatchObject({
        status: "completed",
        state: { nothing: undefined, thenable: 5, twice: 6 },
      });
    }
  });

  it("returns what cannot even be looked at", async () => {
    const trap = {
      // biome-ignore lint/suspicious/noThenProperty: a value that throws when it is looked at is what is tested
      get then(): never {
        throw new Error("trap");
      },
    };
    for (const one of [engine, keeping()]) {
      const graph = workflow<number>("w")
        .node("a", () => trap as object)
        .build();
      expect(await errorOf(one.run(graph, 1))).toMatchObject({ message: "trap" });
    }
  });

  it("returns what a checkpoint could not bring back: the node fails, and the error names the field", async () => {
    const cases: readonly [unknown, string][] = [
      [{ deep: { call: () => 1 } }, "`deep.call` in its value is a function"],
      [{ list: [1, { client: new Client() }] }, "`list[1].client` in its value is an instance of Client"],
      [new Client(), "its value is an instance of Client"],
      [() => 1, "its value is a function"],
      [new Map([["k", Symbol("s")]]), "`k` in its value is a symbol"],
      [
        { error: Object.assign(new Error("x"), { code: "E" }) },
        "`error.code` in its value is a field that an Error was given",
      ],
      [new Set([new WeakMap()]), "`(element)` in its value is an instance of WeakMap"],
    ];
    for (const [value, problem] of cases) {
      const graph = workflow<number>("w")
        .node("a", () => value)
        .build();
      const error = await errorOf(keeping().run(graph, 1));
      expect(error).toBeInstanceOf(NodeValueError);
      expect(error.message).toBe(`Node \`a\`: ${problem}, which a checkpoint cannot bring back; return plain data`);
      expect((await engine.run(graph, 1)).status).toBe("completed");
    }
  });

  it("returns circular and deep values, which a checkpoint keeps", async () => {
    const circular: { self?: unknown; list: unknown[] } = { list: [] };
    circular.self = circular;
    circular.list.push(circular);
    const checkpoints = createMemoryCheckpoints();
    const graph = workflow<number>("w")
      .node("a", () => circular)
      .build({ output: (state) => state.a });
    const run = createEngine({ checkpoints }).start(graph, 1);
    expect((await run.result).status).toBe("completed");
    const again = await createEngine({ checkpoints }).resume(graph, run.id).result;
    if (again.status !== "completed") throw new Error(again.status);
    expect(again.output.self).toBe(again.output);
    expect(again.output.list[0]).toBe(again.output);
  });

  it("throws in a condition, a choice, a timeout or the output: the run fails there", async () => {
    const boom = (): never => {
      throw new Error("boom");
    };
    const graphs = [
      [
        workflow<number>("w")
          .node("a", { when: boom }, () => 1)
          .build(),
        "a",
      ],
      [
        workflow<number>("w")
          .route("a", { choose: boom }, { b: () => 1 })
          .build(),
        "a",
      ],
      [
        workflow<number>("w")
          .map("a", { items: boom }, () => 1)
          .build(),
        "a",
      ],
      [
        workflow<number>("w")
          .node("a", { timeoutMs: boom }, () => 1)
          .build(),
        "a",
      ],
      [
        workflow<number>("w")
          .refine("a", { attempt: () => 1, score: () => 1, threshold: boom, maxIterations: 1 })
          .build(),
        "a",
      ],
      [workflow<number>("w").build({ output: boom }), "#output"],
    ] as const;
    for (const [graph, node] of graphs) {
      expect(await engine.run(graph as never, 1 as never)).toMatchObject({
        status: "failed",
        node,
        error: { message: "boom" },
      });
    }
    const odd = workflow<number>("w")
      .node("a", { timeoutMs: () => Number.NaN }, () => 1)
      .build();
    expect(await errorOf(engine.run(odd, 1))).toMatchObject({ message: expect.stringContaining("timeoutMs gave") });
  });

  it("gives an input that the workflow's schema refuses: nothing runs", async () => {
    let ran = 0;
    const input = {
      parse(value: unknown): number {
        if (typeof value === "number") return value;
        throw new Error("expected number");
      },
    };
    const graph = workflow("w", { input })
      .node("a", () => ++ran)
      .build();
    expect(await engine.run(graph, "x" as never)).toMatchObject({
      status: "refused",
      error: { code: "input_invalid", message: "Workflow `w` refused its input: expected number" },
    });
    const nested = workflow<unknown>("outer")
      .workflow("n", graph, { input: (state) => state.input as number })
      .build();
    expect(await errorOf(engine.run(nested, "x"))).toMatchObject({ subject: "n", code: "node_value_invalid" });
    expect(ran).toBe(0);
    expect(await keeping().run(workflow<unknown>("w").build(), new Client())).toMatchObject({
      error: { code: "input_invalid" },
    });
  });

  it("asks for what no engine has", async () => {
    expect(() => createEngine({ durability: "required" })).toThrow(/checkpoints: expected a checkpoint store/);
    expect(() => createEngine({ durability: "sure" as never })).toThrow(/durability/);
    expect(() => createEngine({ claimTtlMs: 0 })).toThrow(/claimTtlMs/);
    const graph = workflow<number>("w").build();
    for (const runId of ["", "a/b", "#index", "x".repeat(129)]) {
      expect(() => engine.start(graph, 1, { runId })).toThrow(/runId: expected 1 to 128 letters/);
    }
    expect(() => engine.start(graph, 1, { concurrency: 0 })).toThrow(/concurrency: expected a positive integer/);
    expect(() => engine.start({ name: "w" } as never, 1)).toThrow(/expected a workflow made by/);
    await expect(engine.list()).rejects.toThrow(/has no checkpoints/);
    expect(await engine.resume(graph, "x").result).toMatchObject({
      status: "refused",
      error: { code: "checkpoints_missing" },
    });
  });
});
