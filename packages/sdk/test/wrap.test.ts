import { systemClock } from "@flyball/core";
import { createTelemetry, type Outcome, type Telemetry } from "@flyball/telemetry";
import { beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { withRun } from "../src/with-run.ts";
import { withIteration, wrapNode } from "../src/wrap.ts";

let telemetry: Telemetry;
let outcomes: Outcome[];
beforeEach(() => {
  outcomes = [];
  telemetry = createTelemetry();
  telemetry.subscribe((outcome) => outcomes.push(outcome));
});

describe("wrapping an async function", () => {
  test("keeps its type, generics and overloads included", () => {
    const plain = async (text: string, times = 1): Promise<string> => text.repeat(times);
    const generic = async <T>(value: T): Promise<T[]> => [value];
    expectTypeOf(wrapNode(telemetry, "plain", plain)).toEqualTypeOf(plain);
    const wrappedGeneric: <T>(value: T) => Promise<T[]> = wrapNode(telemetry, "generic", generic);
    expectTypeOf(wrappedGeneric(1)).resolves.toEqualTypeOf<number[]>();
    // @ts-expect-error a synchronous function would come back asynchronous
    wrapNode(telemetry, "synchronous", (text: string) => text);
    wrapNode(telemetry, "details", plain, {
      details: (result) => {
        expectTypeOf(result).toBeString();
        return {};
      },
    });
  });

  test("keeps this, parameters, result, name and length", async () => {
    const shop = {
      vat: 2,
      price: wrapNode(telemetry, "price", async function price(this: { vat: number }, net: number) {
        return net * this.vat;
      }),
    };
    expect(await shop.price(21)).toBe(42);
    expect([shop.price.name, shop.price.length]).toEqual(["price", 1]);
    expect(outcomes).toEqual([expect.objectContaining({ kind: "node", name: "price", status: "ok" })]);
  });

  test("throws what it threw, and says so in the outcome", async () => {
    const error = new RangeError("too much");
    const failing = wrapNode(telemetry, "failing", async () => {
      throw error;
    });
    await expect(failing()).rejects.toBe(error);
    expect(outcomes[0]).toMatchObject({ status: "error", errorType: "RangeError", errorMessage: "too much" });
  });

  test("carries labels and what the result says", async () => {
    const scored = wrapNode(telemetry, "scored", async () => 0.9, {
      labels: { phase: "draft" },
      details: (score) => ({ quality: [{ name: "self", score }] }),
    });
    await scored();
    expect(outcomes[0]).toMatchObject({ labels: { phase: "draft" }, quality: [{ name: "self", score: 0.9 }] });
  });

  test("nests: a node inside a node is its child", async () => {
    const inner = wrapNode(telemetry, "inner", async () => 1);
    await wrapNode(telemetry, "outer", () => inner())();
    const [first, second] = outcomes;
    expect(first).toMatchObject({ name: "inner", traceId: second?.traceId, parentSpanId: second?.spanId });
  });
});

describe("a pipeline of one's own", () => {
  test("every node inside a run carries its unit, session and priority, and its turn of a loop", async () => {
    const attempt = wrapNode(telemetry, "attempt", async () => "draft");
    const result = await withRun(
      telemetry,
      systemClock,
      { workflow: "questions", unit: "u-1", session: "s-1", priority: "critical" },
      async () => {
        for (const turn of [1, 2]) await withIteration(turn, () => attempt());
        return "answer";
      },
    );
    expect(result).toBe("answer");
    const nodes = outcomes.filter((outcome) => outcome.kind === "node");
    expect(nodes.map((node) => node.iteration)).toEqual([1, 2]);
    const run = { workflow: "questions", unit: "u-1", session: "s-1", priority: "critical" };
    for (const node of nodes) expect(node.run).toMatchObject(run);
    expect(outcomes.at(-1)).toMatchObject({ kind: "run", name: "questions", run });
  });

  test("runs side by side do not mix", async () => {
    const step = wrapNode(telemetry, "step", async () => undefined);
    await Promise.all(
      ["a", "b", "c"].map((session) =>
        withRun(telemetry, systemClock, { session }, async () => {
          await Promise.resolve();
          await step();
        }),
      ),
    );
    const nodes = outcomes.filter((outcome) => outcome.kind === "node");
    expect(nodes.map((node) => node.run?.session).sort()).toEqual(["a", "b", "c"]);
    expect(new Set(nodes.map((node) => node.traceId)).size).toBe(3);
  });
});
