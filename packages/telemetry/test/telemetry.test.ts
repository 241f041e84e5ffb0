import { CancelledError, FlyballError, fakeClock, type Logger, silentLogger, TimeoutError } from "@flyball/core";
import { describe, expect, test } from "vitest";
import { createTelemetry, type Outcome, type RunScope } from "../src/index.ts";

const run: RunScope = { runId: "r1", workflow: "fir", session: "s1", priority: "critical", unit: "u1" };

function setUp() {
  const clock = fakeClock();
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_fields, message) => void warnings.push(message) };
  const telemetry = createTelemetry({ clock, logger });
  const outcomes: Outcome[] = [];
  telemetry.subscribe((outcome) => outcomes.push(outcome));
  return { clock, telemetry, outcomes, warnings };
}

describe("operations", () => {
  test("nest across awaits: parent, trace and run are inherited", async () => {
    const { clock, telemetry, outcomes } = setUp();
    await telemetry.trace({ kind: "run", name: "fir", run }, async () => {
      await clock.advance(10);
      await Promise.all(
        ["a", "b"].map((name) =>
          telemetry.trace({ kind: "node", name, iteration: 2 }, async () => {
            await clock.advance(5);
            expect(telemetry.currentRun()).toBe(run);
            await telemetry.trace(
              { kind: "model", name: "tiny", model: "tiny", provider: "llama.cpp" },
              async () => {},
            );
          }),
        ),
      );
    });
    expect(telemetry.currentRun()).toBeUndefined();
    const root = outcomes.at(-1) as Outcome;
    const nodes = outcomes.filter((outcome) => outcome.kind === "node");
    const models = outcomes.filter((outcome) => outcome.kind === "model");
    expect(root).toMatchObject({ kind: "run", status: "ok", durationMs: 15, parentSpanId: undefined });
    expect(new Set(outcomes.map((outcome) => outcome.traceId))).toEqual(new Set([root.traceId]));
    expect(new Set(outcomes.map((outcome) => outcome.spanId)).size).toBe(5);
    expect(nodes.map((node) => node.parentSpanId)).toEqual([root.spanId, root.spanId]);
    expect(models.map((model) => model.parentSpanId).toSorted()).toEqual(nodes.map((node) => node.spanId).toSorted());
    for (const outcome of outcomes) expect(outcome.run).toBe(run);
    expect(nodes[0]).toMatchObject({ iteration: 2, startedAt: Date.UTC(2026, 0, 1) + 10 });
    expect(root.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(root.spanId).toMatch(/^[0-9a-f]{16}$/);
  });

  test("a nested run has its own scope in the same trace", async () => {
    const { telemetry, outcomes } = setUp();
    const inner = { ...run, runId: "r2" };
    await telemetry.trace({ kind: "run", name: "outer", run }, () =>
      telemetry.trace({ kind: "run", name: "inner", run: inner }, async () =>
        telemetry.start({ kind: "node", name: "n" }).end("ok"),
      ),
    );
    expect(outcomes.map(({ name, run }) => [name, run?.runId])).toEqual([
      ["n", "r2"],
      ["inner", "r2"],
      ["outer", "r1"],
    ]);
    expect(outcomes[0]?.traceId).toBe(outcomes[2]?.traceId);
  });

  test("a continued trace keeps its id and its parent", () => {
    const { telemetry, outcomes } = setUp();
    const parent = { traceId: "a".repeat(32), spanId: "b".repeat(16) };
    telemetry.start({ kind: "run", name: "fir", run, parent }).end("ok");
    expect(outcomes[0]).toMatchObject({ traceId: parent.traceId, parentSpanId: parent.spanId });
  });

  test("end counts once", () => {
    const { telemetry, outcomes } = setUp();
    const operation = telemetry.start({ kind: "node", name: "n" });
    operation.end("ok");
    operation.end("error");
    expect(outcomes.map(({ status }) => status)).toEqual(["ok"]);
  });

  test("details come from the result, and a failing derivation loses only itself", async () => {
    const { telemetry, outcomes } = setUp();
    const details = (score: number) => ({ quality: [{ name: "gold", score }], labels: { level: "memory" } });
    await telemetry.trace({ kind: "node", name: "n", labels: { phase: "one" } }, async () => 0.5, details);
    expect(outcomes[0]).toMatchObject({
      quality: [{ name: "gold", score: 0.5 }],
      labels: { level: "memory", phase: "one" },
    });
    const failing = (): never => {
      throw new Error("no");
    };
    expect(await telemetry.trace({ kind: "node", name: "n" }, async () => 7, failing)).toBe(7);
    expect(outcomes[1]).toMatchObject({ status: "ok" });
  });

  test("a clock set back in the middle does not reorder a trace", async () => {
    const { clock, telemetry, outcomes } = setUp();
    await telemetry.trace({ kind: "run", name: "fir", run }, async () => {
      await clock.advance(10);
      clock.jump(-3_600_000);
      telemetry.start({ kind: "node", name: "n" }).end("ok");
    });
    const [node, root] = outcomes as [Outcome, Outcome];
    expect(node.startedAt - root.startedAt).toBe(10);
  });
});

describe("how work ends", () => {
  const cases: readonly [string, unknown, string, string][] = [
    ["an error", new FlyballError("model_refused", "no"), "error", "model_refused"],
    ["a plain error", new TypeError("x is not a function"), "error", "TypeError"],
    ["not an error", "just text", "error", "thrown_non_error"],
    ["a timeout", new TimeoutError("the model", 10), "timeout", "timeout"],
    ["a platform timeout", new DOMException("late", "TimeoutError"), "timeout", "TimeoutError"],
    ["a cancellation", new CancelledError("the model"), "cancelled", "cancelled"],
    ["an abort", new DOMException("stop", "AbortError"), "cancelled", "AbortError"],
  ];
  test.each(cases)("%s", async (_name, thrown, status, errorType) => {
    const { telemetry, outcomes } = setUp();
    const work = telemetry.trace({ kind: "node", name: "n" }, () => Promise.reject(thrown));
    await expect(work).rejects.toBe(thrown);
    expect(outcomes[0]).toMatchObject({ status, errorType });
  });

  test("a synchronous throw is the operation's, too", async () => {
    const { telemetry, outcomes } = setUp();
    const work = telemetry.trace({ kind: "node", name: "n" }, () => {
      throw new RangeError("now");
    });
    await expect(work).rejects.toThrow("now");
    expect(outcomes[0]).toMatchObject({ status: "error", errorType: "RangeError" });
  });

  test("error messages are redacted", async () => {
    const { telemetry, outcomes } = setUp();
    const message = "cannot reach https://admin:hunter2@db.example.org for jane.doe@example.org";
    await telemetry.trace({ kind: "node", name: "n" }, () => Promise.reject(new Error(message))).catch(() => {});
    expect(outcomes[0]?.errorMessage).toBe("cannot reach https://[redacted]@db.example.org for [email]");
  });
});

describe("listeners", () => {
  test("one that throws is logged once, and neither the work nor its neighbours notice", async () => {
    const { telemetry, outcomes, warnings } = setUp();
    telemetry.subscribe(() => {
      throw new Error("broken listener");
    });
    const after: Outcome[] = [];
    telemetry.subscribe((outcome) => after.push(outcome));
    for (let i = 0; i < 3; i++) await telemetry.trace({ kind: "node", name: "n" }, async () => {});
    expect(outcomes).toHaveLength(3);
    expect(after).toEqual(outcomes);
    expect(warnings).toHaveLength(1);
    expect(telemetry.stats().failures).toEqual({ listener: 3 });
  });

  test("leave alone, also while they are called, and also when listening twice", () => {
    const { telemetry } = setUp();
    const heard: string[] = [];
    const leave = telemetry.subscribe(() => {
      heard.push("first");
      leave();
    });
    const twice = (): void => void heard.push("twice");
    const leaveOnce = telemetry.subscribe(twice);
    telemetry.subscribe(twice);
    telemetry.start({ kind: "node", name: "n" }).end("ok");
    leaveOnce();
    telemetry.start({ kind: "node", name: "n" }).end("ok");
    expect(heard).toEqual(["first", "twice", "twice", "twice"]);
  });
});

describe("recording by hand", () => {
  test("makes an outcome of the past under the surrounding operation", async () => {
    const { clock, telemetry, outcomes } = setUp();
    await telemetry.trace({ kind: "run", name: "fir", run }, async () => {
      await clock.advance(100);
      telemetry.record({ kind: "database", name: "read", durationMs: 30, status: "error", errorType: "locked" });
    });
    const [record, root] = outcomes as [Outcome, Outcome];
    expect(record).toMatchObject({
      kind: "database",
      status: "error",
      errorType: "locked",
      durationMs: 30,
      startedAt: root.startedAt + 70,
      parentSpanId: root.spanId,
      traceId: root.traceId,
      run,
    });
  });
});
