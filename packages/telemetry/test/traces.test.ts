import { fakeClock } from "@flyball/core";
import { describe, expect, test } from "vitest";
import { QueryError } from "../src/errors.ts";
import type { OutcomeStatus, RunScope } from "../src/outcome.ts";
import { createTelemetry } from "../src/telemetry.ts";
import type { TelemetryService } from "../src/telemetry-options.ts";
import type { SamplingOptions } from "../src/traces/sampling.ts";
import { createTraceReader } from "../src/traces/trace-reader.ts";

import { type StoredTelemetry, storedTelemetry, testStore } from "./support.ts";

const none: SamplingOptions = { rate: 0, keepFirst: 0, keepPerMinute: 0 };
let runs = 0;

function scope(): RunScope {
  return { runId: `run-${runs++}`, workflow: "fir", session: "s1", unit: "person-1" };
}

/** One run of one node that takes `ms`. */
async function runOnce({ clock, telemetry }: StoredTelemetry, ms: number, status: OutcomeStatus = "ok", run = scope()) {
  const root = telemetry.start({ kind: "run", name: run.workflow, run });
  const node = root.within(() => telemetry.start({ kind: "node", name: "summary" }));
  await clock.advance(ms);
  node.end(status);
  root.end(status === "suspended" ? "suspended" : "ok");
  return run;
}

async function list(setUp: StoredTelemetry) {
  await setUp.telemetry.flush(1_000);
  return setUp.telemetry.traces?.list({ limit: 1_000 }) ?? [];
}

describe("what is kept", () => {
  test("a newcomer's first runs, all of them", async () => {
    const setUp = storedTelemetry();
    for (let i = 0; i < 60; i++) await runOnce(setUp, 10);
    expect(await list(setUp)).toHaveLength(60);
  });

  test("errors and timeouts anywhere inside, always", async () => {
    const setUp = storedTelemetry({ sampling: none });
    await runOnce(setUp, 10, "error");
    await runOnce(setUp, 10, "timeout");
    await runOnce(setUp, 10, "cancelled");
    await runOnce(setUp, 10);
    expect((await list(setUp)).map(({ keptBecause }) => keptBecause)).toEqual(["error", "error"]);
  });

  test("slower than 95 % of the same workflow so far", async () => {
    const setUp = storedTelemetry({ sampling: none });
    for (let i = 0; i < 40; i++) await runOnce(setUp, 100);
    expect(await list(setUp)).toEqual([]);
    await runOnce(setUp, 500);
    expect(await list(setUp)).toMatchObject([{ keptBecause: "slow", durationMs: 500 }]);
    // What was slow becomes usual when it lasts.
    for (let i = 0; i < 1_000; i++) await runOnce(setUp, 500);
    const kept = (await list(setUp)).length;
    for (let i = 0; i < 40; i++) await runOnce(setUp, 500);
    expect(await list(setUp)).toHaveLength(kept);
  });

  test("the second half of a run that was suspended does not make whole runs slow", async () => {
    const setUp = storedTelemetry({ sampling: none });
    const { clock, telemetry } = setUp;
    for (let i = 0; i < 40; i++) {
      const parent = { traceId: i.toString(16).padStart(32, "1"), spanId: "b".repeat(16) };
      const resumed = telemetry.start({ kind: "run", name: "fir", run: scope(), parent });
      await clock.advance(10);
      resumed.end("ok");
    }
    await runOnce(setUp, 100);
    expect((await list(setUp)).filter(({ keptBecause }) => keptBecause === "slow")).toEqual([]);
  });

  test("slower than the threshold, when one is set", async () => {
    const setUp = storedTelemetry({ sampling: { ...none, slowMs: 300 } });
    for (const ms of [100, 300, 299, 400]) await runOnce(setUp, ms);
    expect((await list(setUp)).map(({ durationMs }) => durationMs).toSorted()).toEqual([300, 400]);
  });

  test("a share of the rest by trace id, the same in every process", async () => {
    const setUp = storedTelemetry({ sampling: { ...none, rate: 0.25, maxPerMinute: 10_000 } });
    for (let i = 0; i < 400; i++) await runOnce(setUp, 1);
    const kept = await list(setUp);
    expect(kept.length).toBeGreaterThan(60);
    expect(kept.length).toBeLessThan(140);
    const again = storedTelemetry({ sampling: { ...none, rate: 0.25 } });
    for (const trace of kept) {
      const parent = { traceId: trace.traceId, spanId: "b".repeat(16) };
      const operation = again.telemetry.start({ kind: "run", name: "fir", run: scope(), parent });
      operation.end("ok");
    }
    expect(await list(again)).toHaveLength(Math.min(kept.length, 120));
  });

  test("an allowance is granted again by the minute, per name", async () => {
    const setUp = storedTelemetry({ sampling: { rate: 0, keepFirst: 3, keepPerMinute: 2 } });
    for (let i = 0; i < 5; i++) await runOnce(setUp, 0);
    await runOnce(setUp, 0, "ok", { ...scope(), workflow: "other" });
    expect(await list(setUp)).toHaveLength(4);
    await setUp.clock.advance(60_000);
    for (let i = 0; i < 5; i++) await runOnce(setUp, 0);
    expect(await list(setUp)).toHaveLength(6);
  });

  test("scores recorded beside runs take no place from them", async () => {
    const setUp = storedTelemetry({ sampling: { rate: 0 } });
    for (let i = 0; i < 50; i++) {
      await runOnce(setUp, 0);
      for (const name of ["rouge_l", "violations_f1"]) {
        setUp.telemetry.record({ kind: "evaluation", name, durationMs: 0, quality: [{ name, score: 1 }] });
      }
    }
    expect((await list(setUp)).map(({ kind }) => kind)).toEqual(Array.from({ length: 50 }, () => "run"));
  });

  test("no more than so many in a minute; the others are counted", async () => {
    const setUp = storedTelemetry({ sampling: { maxPerMinute: 5 } });
    for (let i = 0; i < 8; i++) await runOnce(setUp, 0, "error");
    expect(await list(setUp)).toHaveLength(5);
    expect(setUp.telemetry.stats()).toMatchObject({ tracesKept: 5, dropped: { traces: 3 } });
    await setUp.clock.advance(60_000);
    await runOnce(setUp, 0, "error");
    expect(await list(setUp)).toHaveLength(6);
  });
});

describe("a run that is suspended in one process and resumed in another", () => {
  test("is one trace with both parts, whatever is sampled", async () => {
    const clock = fakeClock();
    const store = testStore(":memory:", clock);
    const run = scope();
    const begin = (): TelemetryService => createTelemetry({ clock, store, sampling: none });
    const first = begin();
    const root = first.start({ kind: "run", name: "fir", run });
    root.within(() => first.start({ kind: "node", name: "summary" })).end("ok");
    root.end("suspended");
    await first.shutdown(1_000);
    await clock.advance(3_600_000);
    const second = begin();
    const resumed = second.start({
      kind: "run",
      name: "fir",
      run,
      parent: { traceId: root.traceId, spanId: root.spanId },
    });
    resumed.within(() => second.start({ kind: "node", name: "narrative" })).end("ok");
    resumed.end("ok");
    await second.flush(1_000);
    const trace = createTraceReader(store.database).find(run.runId);
    expect(trace?.traceId).toBe(root.traceId);
    expect(trace?.parts.map(({ status, keptBecause, spans }) => [status, keptBecause, spans])).toEqual([
      ["suspended", "suspended", 2],
      ["ok", "continued", 2],
    ]);
    expect(trace?.spans.map(({ name }) => name)).toEqual(["fir", "summary", "fir", "narrative"]);
  });
});

describe("reading", () => {
  test("gives back spans with their details and events, without the unit", async () => {
    const setUp = storedTelemetry();
    const { telemetry, clock } = setUp;
    const run = scope();
    const root = telemetry.start({ kind: "run", name: "fir", run });
    const model = root.within(() =>
      telemetry.start({ kind: "model", name: "tiny", attributes: { url: "redis://u:pw@h/" } }),
    );
    await clock.advance(5);
    model.event("chunk", { size: 3 });
    await clock.advance(5);
    model.end("ok", { cost: { priced: true, usd: 0.25, priceTable: "t" }, usage: { inputTokens: 3, outputTokens: 4 } });
    root.end("ok");
    await telemetry.flush(1_000);
    const trace = telemetry.traces?.find(run.runId);
    const [rootSpan, modelSpan] = trace?.spans ?? [];
    expect(trace).toMatchObject({ runId: run.runId, traceId: root.traceId, parts: [{ costUsd: 0.25, name: "fir" }] });
    expect(rootSpan).toMatchObject({ kind: "run", spanId: root.spanId, run: { runId: run.runId, session: "s1" } });
    expect(modelSpan).toMatchObject({
      parentSpanId: root.spanId,
      durationMs: 10,
      usage: { inputTokens: 3, outputTokens: 4 },
      attributes: { url: "redis://[redacted]@h/" },
      events: [{ name: "chunk", atMs: 5, attributes: { size: 3 } }],
    });
    expect(JSON.stringify(trace)).not.toContain("person-1");
  });

  test("finds by the beginning of a trace's or run's id, and lists the latest, slowest and failed", async () => {
    const setUp = storedTelemetry();
    const { telemetry } = setUp;
    const ids: string[] = [];
    for (const [ms, status] of [
      [30, "ok"],
      [50, "error"],
      [10, "ok"],
    ] as const) {
      ids.push((await runOnce(setUp, ms, status, { runId: `k${ms}-abcdef`, workflow: "fir" })).runId);
    }
    telemetry.record({ kind: "node", name: "alone", durationMs: 1 });
    await telemetry.flush(1_000);
    const { traces } = telemetry;
    expect(traces?.find("k50-")?.runId).toBe("k50-abcdef");
    const [latest] = traces?.list({ kind: "run" }) ?? [];
    expect(latest?.runId).toBe("k10-abcdef");
    expect(traces?.find(latest?.traceId.slice(0, 12) as string)?.runId).toBe("k10-abcdef");
    for (const id of ["none-such", "k50-abcdefg", "' OR 1=1", "k50", "%"]) expect(traces?.find(id)).toBeUndefined();
    const order = (query: Parameters<NonNullable<typeof traces>["list"]>[0]) =>
      traces?.list(query).map(({ durationMs }) => durationMs);
    expect(order({ kind: "run", name: "fir" })).toEqual([10, 50, 30]);
    expect(order({ order: "slowest", limit: 2 })).toEqual([50, 30]);
    expect(order({ order: "failed" })).toEqual([50]);
    expect(order({ from: setUp.clock.now() + 1 })).toEqual([]);
  });

  test("every run of a trace leads to it, those of one HTTP request and nested ones too", async () => {
    const { telemetry } = storedTelemetry();
    const [first, second, nested] = [scope(), scope(), scope()];
    await telemetry.trace({ kind: "http", name: "POST /batch" }, async () => {
      await telemetry.trace({ kind: "run", name: "fir", run: first }, () =>
        telemetry.trace({ kind: "run", name: "inner", run: nested }, async () => {}),
      );
      await telemetry.trace({ kind: "run", name: "fir", run: second }, async () => {});
    });
    await telemetry.flush(1_000);
    for (const { runId } of [first, second, nested]) expect(telemetry.traces?.find(runId)?.spans).toHaveLength(4);
    expect(telemetry.traces?.list()).toMatchObject([{ name: "POST /batch", runId: second.runId }]);
  });

  test("refuses senseless questions", () => {
    const { telemetry } = storedTelemetry();
    for (const id of ["", "x".repeat(257)]) expect(() => telemetry.traces?.find(id)).toThrow(QueryError);
    for (const limit of [0, 1_001, 1.5]) expect(() => telemetry.traces?.list({ limit })).toThrow(QueryError);
  });
});

describe("bounds", () => {
  test("a trace of too many spans loses the last ones, counted", async () => {
    const setUp = storedTelemetry();
    const { telemetry } = setUp;
    const root = telemetry.start({ kind: "run", name: "fir", run: scope() });
    root.within(() => {
      for (let i = 0; i < 2_100; i++) telemetry.start({ kind: "node", name: "n" }).end("ok");
    });
    root.end("ok");
    expect(await list(setUp)).toMatchObject([{ spans: 2_000, droppedSpans: 101 }]);
    expect(telemetry.stats().dropped.spans).toBe(101);
  });

  test("a trace of huge attributes keeps its spans without them", async () => {
    const setUp = storedTelemetry();
    const { telemetry } = setUp;
    const run = scope();
    const root = telemetry.start({ kind: "run", name: "fir", run, attributes: { text: "x".repeat(1_000_000) } });
    root.end("ok");
    const other = scope();
    await telemetry.trace({ kind: "run", name: "fir", run: other }, async () => {
      for (let i = 0; i < 400; i++) {
        telemetry.record({ kind: "node", name: "n", durationMs: 1, attributes: { text: "x".repeat(20_000) } });
      }
    });
    await telemetry.flush(1_000);
    const attribute = telemetry.traces?.find(run.runId)?.spans[0]?.attributes?.text;
    expect(attribute).toHaveLength(16_384);
    const huge = telemetry.traces?.find(other.runId)?.spans ?? [];
    expect(huge).toHaveLength(401);
    expect(huge.every(({ attributes }) => attributes?.text === undefined)).toBe(true);
  });

  test("the oldest open traces give way when too many spans are collected", async () => {
    const setUp = storedTelemetry();
    const { telemetry } = setUp;
    const roots = Array.from({ length: 30 }, () => telemetry.start({ kind: "run", name: "fir", run: scope() }));
    for (const root of roots) {
      root.within(() => {
        for (let i = 0; i < 1_900; i++) telemetry.start({ kind: "node", name: "n" }).end("ok");
      });
    }
    for (const root of roots) root.end("ok");
    expect(telemetry.stats()).toMatchObject({ tracesKept: 26, dropped: { traces: 4, spans: 0 } });
  });

  test("operations that never end do not pile up", async () => {
    const setUp = storedTelemetry();
    const { telemetry } = setUp;
    const oldest = telemetry.start({ kind: "run", name: "fir", run: scope() });
    for (let i = 0; i < 2_500; i++) telemetry.start({ kind: "run", name: "fir", run: scope() });
    oldest.within(() => telemetry.start({ kind: "node", name: "n" })).end("error");
    oldest.end("error");
    expect(await list(setUp)).toEqual([]);
    expect(telemetry.stats().dropped.traces).toBe(501);
    expect(telemetry.windows.read({ kind: "run" }).count).toBe(1);
  });

  test("what ends after its run is kept with it, or goes with it", async () => {
    for (const [sampling, kept] of [
      [{}, 2],
      [none, 0],
    ] as const) {
      const setUp = storedTelemetry({ sampling });
      const { telemetry } = setUp;
      const run = scope();
      const root = telemetry.start({ kind: "run", name: "fir", run });
      const late = root.within(() => telemetry.start({ kind: "node", name: "late" }));
      root.end("ok");
      late.end("ok");
      await telemetry.flush(1_000);
      expect(telemetry.traces?.find(run.runId)?.spans.length ?? 0).toBe(kept);
    }
  });

  test("exemplars are told which traces were kept, and only those", async () => {
    const told: string[] = [];
    const recorder = { record() {}, kept: (outcome: { readonly name: string }) => void told.push(outcome.name) };
    const setUp = storedTelemetry({ sampling: none, recorders: [recorder] });
    await runOnce(setUp, 1);
    expect(told).toEqual([]);
    await runOnce(setUp, 1, "error");
    expect(told).toEqual(["summary", "fir"]);
  });
});
