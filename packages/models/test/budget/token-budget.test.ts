import { fakeClock } from "@flyball/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { tokenBudget } from "../../src/budget/token-budget.ts";
import { createModelClient } from "../../src/client.ts";
import { createScriptedProvider } from "../../src/providers/scripted.ts";
import type { GenerateRequest } from "../../src/types.ts";

const steps = { summary: { plain: 120, tight: 100 }, check: { plain: 4, tight: 3 } };
const request: GenerateRequest = { model: "m", messages: [{ role: "user", content: "?" }] };

describe("token budgets", () => {
  it("are the plain ones unless told, and switch while running", () => {
    expect(tokenBudget(steps).tokens("summary")).toBe(120);
    let tight = false;
    const budget = tokenBudget(steps, { tight: () => tight });
    expect([budget.tokens("summary"), budget.tokens("check")]).toEqual([120, 4]);
    tight = true;
    expect([budget.tokens("summary"), budget.tokens("check")]).toEqual([100, 3]);
  });

  it("bound a request without loosening the bound that it has", () => {
    const budget = tokenBudget(steps);
    expect(budget.apply(request, "summary").maxTokens).toBe(120);
    expect(budget.apply({ ...request, maxTokens: 50 }, "summary").maxTokens).toBe(50);
    expect(budget.apply({ ...request, maxTokens: 500 }, "summary").maxTokens).toBe(120);
    expect(request.maxTokens).toBeUndefined();
  });

  it("reach the provider as middleware, and leave calls of no step alone", async () => {
    const provider = createScriptedProvider({ answers: ["a"] });
    const budget = tokenBudget(steps, { tight: () => true });
    const middleware = [budget.middleware((call) => (call.request.model === "m" ? "check" : undefined))];
    const client = createModelClient({ provider, clock: fakeClock(), middleware });
    await client.generate(request);
    await client.generate({ ...request, model: "other" });
    expect(provider.calls.map(({ maxTokens }) => maxTokens)).toEqual([3, undefined]);
  });

  it("know their steps at compile time", () => {
    const budget = tokenBudget(steps);
    expectTypeOf(budget.tokens).parameter(0).toEqualTypeOf<"summary" | "check">();
    // @ts-expect-error a step that has no budget
    expect(() => budget.tokens("narrative")).toThrow();
  });

  it("refuse what is no budget, naming the step", () => {
    expect(() => tokenBudget({ a: { plain: 0, tight: 1 } })).toThrow(/a\.plain/);
    expect(() => tokenBudget({ a: { plain: 10, tight: 2.5 } })).toThrow(/a\.tight/);
    expect(() => tokenBudget({ a: { plain: 10, tight: 20 } })).toThrow(
      /a\.tight: expected at most the plain budget of 10/,
    );
  });
});
