import { fakeClock } from "@flyball/core";
import type { Telemetry } from "@flyball/telemetry";
import { describe, expect, it } from "vitest";
import { createEngine, createMemoryCheckpoints, type RunResult, type Workflow, workflow } from "../src/index.ts";
import { recordingTelemetry } from "./recording-telemetry.ts";

const never = new Promise<never>(() => {});

describe("what is recorded of a run", () => {
  it("is one operation for the run, with its scope, and one for every node, item, branch and iteration under it", async () => {
    const telemetry = recordingTelemetry();
    const inner = workflow<unknown>("inner")
      .node("leaf", () => 1)
      .build();
    const graph = workflow<number>("w")
      .node("a", { labels: { step: "first" } }, async () => 1)
      .map("m", { items: () => [1, 2] }, async () => 1)
      .parallel("p", { x: () => 1, y: inner })
      .refine("r", {
        attempt: (_state, context) => context.iteration!,
        score: (value) => value,
        threshold: 2,
        maxIterations: 3,
      })
      .node("skipped", { when: () => false }, () => 1)
      .build();
    const belonging = {
      unit: "user-1",
      session: "s-1",
      priority: "critical",
      decisions: { cache: "control" } as const,
    };
    const run = createEngine({ telemetry }).start(graph, 1, belonging);
    expect((await run.result).status).toBe("completed");

    const [first, ...rest] = telemetry.operations;
    expect(first).toMatchObject({
      kind: "run",
      name: "w",
      status: "ok",
      run: { runId: run.id, workflow: "w", ...belonging },
    });
    const nameOf = (id: string | undefined) => telemetry.operations.find((operation) => operation.id === id)?.name;
    expect(
      rest.map(({ kind, name, under, attributes, iteration, status }) => [
        kind,
        name,
        attributes?.["flyball.node.path"],
        iteration,
        nameOf(under),
        status,
      ]),
    ).toEqual([
      ["node", "a", "a", undefined, "w", "ok"],
      ["node", "m", "m", undefined, "w", "ok"],
      ["node", "m[]", "m[0]", undefined, "m", "ok"],
      ["node", "m[]", "m[1]", undefined, "m", "ok"],
      ["node", "p", "p", undefined, "w", "ok"],
      ["node", "p/x", "p/x", undefined, "p", "ok"],
      ["node", "p/y", "p/y", undefined, "p", "ok"],
      ["node", "leaf", "p/y/leaf", undefined, "p/y", "ok"],
      ["node", "r", "r", undefined, "w", "ok"],
      ["node", "r[]", "r[1]", 1, "r", "ok"],
      ["node", "r[]", "r[2]", 2, "r", "ok"],
      ["node", "skipped", "skipped", undefined, "w", "skipped"],
    ]);
    expect(rest[0]?.labels).toEqual({ step: "first" });
    expect(telemetry.operations.every(({ ends, traceId }) => ends === 1 && traceId === first?.traceId)).toBe(true);
  });

  it("has an outcome for every way to end", async () => {
    const clock = fakeClock();
    const telemetry = recordingTelemetry();
    const graph = workflow<number>("w")
      .node("ok", () => 1)
      .node("late", { after: ["ok"], timeoutMs: 10, retry: { attempts: 2, backoffMs: 1, jitter: 0 } }, () => never)
      .node("beside", { after: ["ok"] }, () => never)
      .build();
    const run = createEngine({ telemetry, clock }).start(graph, 1);
    await clock.advance(1_000);
    expect(await run.result).toMatchObject({ status: "failed", traceId: "trace-0" });
    expect(telemetry.operations.map(({ name, status, details }) => [name, status, details])).toEqual([
      ["w", "timeout", { errorType: "timeout", errorMessage: "Node `late` did not finish within 10 ms" }],
      ["ok", "ok", { attempts: 1 }],
      [
        "late",
        "timeout",
        { attempts: 2, errorType: "timeout", errorMessage: "Node `late` did not finish within 10 ms" },
      ],
      ["beside", "cancelled", { attempts: 1 }],
    ]);
    expect(telemetry.operations[2]?.events).toEqual(["retry"]);
  });

  it("says when a run waits, and goes on in the same trace when it is resumed", async () => {
    const checkpoints = createMemoryCheckpoints();
    const telemetry = recordingTelemetry();
    const graph = workflow<number>("w")
      .node("a", () => 1)
      .approval("ok", { show: () => 1 })
      .node("b", () => 2)
      .build();
    const run = createEngine({ telemetry, checkpoints }).start(graph, 1, { session: "s" });
    expect((await run.result).status).toBe("suspended");
    const answers = { ok: { approved: true } };
    const engine = createEngine({ telemetry, checkpoints });
    expect((await engine.resume(graph, run.id).result).status).toBe("suspended");
    expect((await engine.resume(graph, run.id, { answers }).result).status).toBe("completed");
    expect((await engine.resume(graph, run.id).result).status).toBe("completed");
    const lines = telemetry.operations.map(({ name, status, traceId, parent, run: scope }) => [
      name,
      status,
      traceId,
      parent?.spanId,
      scope?.session,
    ]);
    expect(lines).toEqual([
      ["w", "suspended", "trace-0", undefined, "s"],
      ["a", "ok", "trace-0", undefined, undefined],
      ["ok", "suspended", "trace-0", undefined, undefined],
      ["w", "suspended", "trace-0", "span-0", "s"],
      ["ok", "suspended", "trace-0", undefined, undefined],
      ["w", "ok", "trace-0", "span-0", "s"],
      ["ok", "ok", "trace-0", undefined, undefined],
      ["b", "ok", "trace-0", undefined, undefined],
    ]);
  });
});

describe("a telemetry whose every method throws", () => {
  const boom = (): never => {
    throw new Error("sink");
  };
  const broken = (where: "start" | "inside" | "after"): Pick<Telemetry, "start"> => ({
    start: () => {
      if (where === "start") boom();
      const within = <T>(work: () => T): T => {
        if (where === "inside") boom();
        work();
        return boom();
      };
      return { traceId: "t", spanId: "s", within, event: boom, content: boom, end: boom };
    },
  });

  const child = workflow<number>("child")
    .node("x", (state) => state.input + 1)
    .build({ output: (state) => state.x });
  let tries = 0;
  const graph = workflow<number>("w")
    .node("a", { retry: { attempts: 2, backoffMs: 1 } }, () => {
      if (++tries % 2) throw new Error("first");
      return 1;
    })
    .map("m", { items: () => [1, 2], partial: true }, (item) => {
      if (item === 2) throw new Error("two");
      return item;
    })
    .workflow("n", child, { input: (state) => state.a })
    .refine("r", { attempt: () => 1, score: () => 1, threshold: 1, maxIterations: 1 })
    .build();
  const failing = workflow<number>("w")
    .node("a", () => boom())
    .build();

  it.each(["start", "inside", "after"] as const)("changes no run's result (%s)", async (where) => {
    const strip = (result: RunResult<unknown, unknown>) => ({ ...result, runId: "", traceId: "" });
    const run = async (telemetry: Pick<Telemetry, "start"> | undefined, one: Workflow<number, unknown, unknown>) =>
      strip(
        await createEngine({ checkpoints: createMemoryCheckpoints(), ...(telemetry && { telemetry }) }).run(one, 1),
      );
    for (const one of [graph, failing]) expect(await run(broken(where), one)).toEqual(await run(undefined, one));
  });

  it("is counted, and logged once a cause", async () => {
    const lines: string[] = [];
    const log = (_fields: object, message: string) => void lines.push(message);
    const engine = createEngine({
      telemetry: broken("inside"),
      logger: { debug: log, info: log, warn: log, error: log },
    });
    for (let index = 0; index < 5; index++) await engine.run(child, 1);
    expect(Object.fromEntries(engine.failures)).toEqual({ "telemetry.within": 10, "telemetry.end": 10 });
    expect(lines).toHaveLength(2);
  });
});
