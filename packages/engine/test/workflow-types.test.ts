import { describe, expectTypeOf, it } from "vitest";
import {
  type Approval,
  type Attempt,
  createEngine,
  type Refined,
  type RunResult,
  type Settled,
  type Workflow,
  workflow,
} from "../src/index.ts";

type OutputOf<W> = W extends Workflow<never, unknown, infer Output> ? Output : never;

const child = workflow<string>("child")
  .node("length", (state) => state.input.length)
  .build({ output: (state) => state.length });

const base = workflow<{ readonly text: string }>("base")
  .node("a", (state) => state.input.text)
  .node("b", { after: [] }, async (state) => state.input.text.length);

describe("what a workflow's types infer", () => {
  it("gives each node the input and the values of the nodes it comes after", () => {
    const graph = base
      .node("c", { after: ["a", "b"], when: (state) => state.b > 1 }, (state) => {
        expectTypeOf(state).toEqualTypeOf<{
          readonly input: { readonly text: string };
          readonly a: string;
          readonly b: number;
        }>();
        return state.a;
      })
      .build();
    expectTypeOf<OutputOf<typeof graph>["c"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<OutputOf<typeof graph>["input"]>().toEqualTypeOf<{ readonly text: string }>();
  });

  it("knows the value of every kind of node", () => {
    const stateChild = workflow<{ readonly b: number }>("of state")
      .node("z", (state) => state.input.b)
      .build({ output: (state) => ({ z: state.z }) });
    const graph = base
      .parallel("p", { research: async () => "r", market: (state) => state.b, nested: stateChild })
      .parallel("q", { partial: true, after: ["a"] }, { x: (state) => state.a.length, y: async () => new Date() })
      .map("m", { after: ["a"], items: (state) => [...state.a], timeoutMs: 10 }, (item, state) => item + state.a)
      .map("mp", { items: (state) => state.m, partial: true }, async (item) => item.length)
      .map("mw", { items: (state) => state.m }, child)
      .route("r", { choose: (state) => (state.a ? "yes" : "no") }, { yes: (state) => state.a, no: () => 3 })
      .refine("f", {
        attempt: (state, context) => `${state.a}${context.iteration}`,
        score: (value) => value.length,
        threshold: (state) => state.a.length,
        maxIterations: 3,
      })
      .refine("g", {
        attempt: (state, _context, previous: Attempt<string> | undefined) => previous?.value ?? state.a,
        score: (value) => value.length,
        threshold: 1,
        maxIterations: 3,
      })
      .approval("ok", { show: (state) => state.f.value })
      .workflow("n", child, { input: (state) => state.a })
      .build();
    type Output = OutputOf<typeof graph>;
    expectTypeOf<Output["p"]>().toEqualTypeOf<{
      readonly research: string;
      readonly market: number;
      readonly nested: { z: number };
    }>();
    expectTypeOf<Output["q"]>().toEqualTypeOf<{ readonly x: Settled<number>; readonly y: Settled<Date> }>();
    expectTypeOf<Output["m"]>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<Output["mp"]>().toEqualTypeOf<readonly Settled<number>[]>();
    expectTypeOf<Output["mw"]>().toEqualTypeOf<readonly number[]>();
    expectTypeOf<Output["r"]>().toEqualTypeOf<string | number>();
    expectTypeOf<Output["f"]>().toEqualTypeOf<Refined<string>>();
    expectTypeOf<Output["g"]>().toEqualTypeOf<Refined<string>>();
    expectTypeOf<Output["ok"]>().toEqualTypeOf<Approval<unknown>>();
    expectTypeOf<Output["n"]>().toEqualTypeOf<number>();
  });

  it("takes a schema's word for what a function returned", () => {
    const output = { parse: (value: unknown) => ({ title: String(value) }) };
    const graph = workflow<string>("checked")
      .node("one", { output }, (state): unknown => JSON.parse(state.input))
      .map("many", { items: () => [1, 2], output, partial: true }, (): unknown => 1)
      .build();
    expectTypeOf<OutputOf<typeof graph>["one"]>().toEqualTypeOf<{ title: string }>();
    expectTypeOf<OutputOf<typeof graph>["many"]>().toEqualTypeOf<readonly Settled<{ title: string }>[]>();
  });

  it("carries the output into the run's result", () => {
    const start = () => createEngine().run(child, "text");
    expectTypeOf(start).returns.resolves.toExtend<RunResult<{ readonly length: number }, number>>();
  });
});

// Never called: each line must be refused by the compiler.
const refused = (): void => {
  // @ts-expect-error: b does not come after a
  base.node("c", (state) => state.a);
  // @ts-expect-error: no such node
  base.node("c", { after: ["zz"] }, () => 1);
  // @ts-expect-error: c comes after a only
  base.node("c", { after: ["a"] }, (state) => state.b);
  // @ts-expect-error: a branch reads what its node may not
  base.parallel("c", { x: (state) => state.a });
  // @ts-expect-error: nor with options
  base.parallel("c", { after: ["a"] }, { x: (state) => state.b });
  // @ts-expect-error: nor an item
  base.map("c", { items: (state) => [state.b] }, (_item, state) => state.a);
  // @ts-expect-error: items must be an array
  base.map("c", { items: (state) => state.b }, (item) => item);
  // @ts-expect-error: the child takes texts, not numbers
  base.map("c", { items: (state) => [state.b] }, child);
  // @ts-expect-error: branch y is missing
  base.route("c", { choose: (state) => (state.b ? "x" : "y") }, { x: () => 1 });
  // @ts-expect-error: the child takes a text
  base.workflow("c", child, { input: (state) => state.b });
  // @ts-expect-error: retries belong on the child's nodes
  base.workflow("c", child, { input: () => "a", retry: { attempts: 3 } });
  // @ts-expect-error: a branch's workflow receives the state
  base.parallel("c", { x: child });
  // @ts-expect-error: a score is a number
  base.refine("c", { attempt: () => "x", score: () => "x", threshold: 1, maxIterations: 3 });
  // @ts-expect-error: what is shown must be visible
  base.approval("c", { show: (state) => state.a });
  // @ts-expect-error: an approval cannot time out
  base.approval("c", { show: (state) => state.b, timeoutMs: 3 });
  // @ts-expect-error: a text is no timeout
  base.node("c", { timeoutMs: (state) => String(state.b) }, (state) => state.b);
  // @ts-expect-error: the wrong input
  void createEngine().run(child, 3);
};

it("refuses at compile time what could not work at run time", () => {
  expectTypeOf(refused).toBeFunction();
});
