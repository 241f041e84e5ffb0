import { expectTypeOf, it } from "vitest";
import type { Approval, Attempt, Refined, Settled, Workflow, WorkflowBuilder } from "../src/workflow-types.ts";

declare function workflow<Input>(name: string): WorkflowBuilder<Input, Record<never, object>, never>;
type OutputOf<W> = W extends Workflow<never, unknown, infer O> ? O : never;
it("x", () => {
  const child = workflow<string>("child")
    .node("len", (s) => s.input.length)
    .build({ output: (s) => s.len });
  const stateChild = workflow<{ readonly a: string }>("sc")
    .node("z", (s) => s.input.a)
    .build({ output: (s) => ({ z: s.z }) });
  const w = workflow<{ text: string }>("w")
    .node("a", (s) => s.input.text)
    .node("b", { after: [] }, async (s) => s.input.text.length)
    .node("c", { after: ["a", "b"], when: (s) => s.b > 1 }, (s) => `${s.a}${s.b}`)
    .parallel("p", { research: async (s) => s.a, market: (s) => s.b, nested: stateChild })
    .parallel("q", { partial: true, after: ["a"], concurrency: 2 }, { x: (s) => s.a.length, y: async () => new Date() })
    .map("m", { after: ["q"], items: (s) => [...s.a], timeoutMs: 10 }, (item, s) => item + s.a)
    .map("mp", { items: (s) => s.m, partial: true }, async (item) => item.length)
    .map("mw", { items: (s) => s.m }, child)
    .route("r", { choose: (s) => (s.a ? "yes" : "no") }, { yes: (s) => s.a, no: () => 3 })
    .refine("f", {
      attempt: (s, c) => `${s.a}${c.iteration}`,
      score: (v) => v.length,
      threshold: (s) => s.a.length,
      maxIterations: 3,
    })
    .refine("g", {
      attempt: (s, _c, previous: Attempt<string> | undefined) => previous?.value ?? s.a,
      score: (v) => v.length,
      threshold: 1,
      maxIterations: 3,
    })
    .approval("ok", { show: (s) => s.f.value })
    .workflow("n", child, { input: (s) => s.a })
    .build();
  type O = OutputOf<typeof w>;
  expectTypeOf<O["input"]>().toEqualTypeOf<{ text: string }>();
  expectTypeOf<O["c"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<O["p"]>().toEqualTypeOf<{
    readonly research: string;
    readonly market: number;
    readonly nested: { z: string };
  }>();
  expectTypeOf<O["q"]>().toEqualTypeOf<{ readonly x: Settled<number>; readonly y: Settled<Date> }>();
  expectTypeOf<O["m"]>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<O["mp"]>().toEqualTypeOf<readonly Settled<number>[]>();
  expectTypeOf<O["mw"]>().toEqualTypeOf<readonly number[]>();
  expectTypeOf<O["r"]>().toEqualTypeOf<string | number>();
  expectTypeOf<O["f"]>().toEqualTypeOf<Refined<string>>();
  expectTypeOf<O["g"]>().toEqualTypeOf<Refined<string>>();
  expectTypeOf<O["ok"]>().toEqualTypeOf<Approval<unknown>>();
  expectTypeOf<O["n"]>().toEqualTypeOf<number>();
});
