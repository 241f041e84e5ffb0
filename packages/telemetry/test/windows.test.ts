import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FakeClock, fakeClock } from "@flyball/core";
import { openStore } from "@flyball/storage";
import { describe, expect, test } from "vitest";
import { QueryError } from "../src/errors.ts";
import type { Outcome } from "../src/outcome.ts";
import { telemetryMigrations } from "../src/schema.ts";
import { createTelemetry } from "../src/telemetry.ts";
import type { TelemetryService } from "../src/telemetry-options.ts";
import type { Window } from "../src/windows/window.ts";
import { createWindowReader } from "../src/windows/window-reader.ts";
import { seeded, storedTelemetry, testStore } from "./support.ts";

const minute = 60_000;

interface Raw {
  readonly at: number;
  readonly outcome: Outcome;
}

/** Records `perMinute` model calls a minute with a long tail, some failing, and keeps them raw. */
async function load(telemetry: TelemetryService, clock: FakeClock, minutes: number, perMinute: number): Promise<Raw[]> {
  const random = seeded(minutes * 31 + perMinute);
  const raw: Raw[] = [];
  const leave = telemetry.subscribe((outcome) => raw.push({ at: clock.now(), outcome }));
  for (let i = 0; i < minutes; i++) {
    for (let j = 0; j < perMinute; j++) {
      const failed = random() < 0.1;
      telemetry.record({
        kind: "model",
        name: random() < 0.5 ? "small" : "large",
        provider: "llama.cpp",
        labels: { source: random() < 0.5 ? "a" : "b", secretId: `${i}-${j}` },
        durationMs: Math.exp(4 + 1.5 * Math.sqrt(-2 * Math.log(random())) * Math.cos(6.283 * random())),
        status: failed ? "error" : "ok",
        usage: { inputTokens: 100, outputTokens: 7, cacheReadTokens: 60 },
        cost: random() < 0.8 ? { priced: true, usd: 0.001, priceTable: "t" } : { priced: false, reason: "none" },
      });
    }
    await clock.advance(minute);
  }
  leave();
  return raw;
}

function expectRecomputed(window: Window, raw: readonly Raw[], fits: (outcome: Outcome) => boolean): void {
  const wanted = raw.filter(({ at, outcome }) => at >= window.from && at < window.to && fits(outcome));
  const durations = wanted.map(({ outcome }) => outcome.durationMs).toSorted((a, b) => a - b);
  expect(window.count).toBe(wanted.length);
  expect(window.errors).toBe(wanted.filter(({ outcome }) => outcome.status === "error").length);
  expect(window.tokens).toMatchObject({
    input: 100 * wanted.length,
    output: 7 * wanted.length,
    cacheRead: 60 * wanted.length,
  });
  expect(window.cost.priced + window.cost.unpriced).toBe(wanted.length);
  expect(window.cost.usd).toBeCloseTo(0.001 * wanted.filter(({ outcome }) => outcome.cost?.priced).length, 9);
  expect(window.duration.sum).toBeCloseTo(
    durations.reduce((a, b) => a + b, 0),
    3,
  );
  for (const [q, value] of [
    [0.5, window.duration.p50],
    [0.95, window.duration.p95],
    [0.99, window.duration.p99],
  ] as const) {
    const exact = durations[Math.floor(q * (durations.length - 1))] as number;
    expect(Math.abs((value as number) / exact - 1)).toBeLessThanOrEqual(0.01 + 1e-9);
  }
}

describe("windows over 1, 60 and 1,440 minutes equal a recomputation from the raw outcomes", () => {
  const any = (): boolean => true;
  const isSmall = (outcome: Outcome): boolean => outcome.name === "small";
  const fromA = (outcome: Outcome): boolean => outcome.labels?.source === "a";

  test("in memory, with no store", async () => {
    const clock = fakeClock();
    const telemetry = createTelemetry({ clock });
    const raw = await load(telemetry, clock, 1_500, 4);
    for (const lastMinutes of [1, 60, 1_440]) {
      expectRecomputed(telemetry.windows.read({ lastMinutes }), raw, any);
      expectRecomputed(telemetry.windows.read({ lastMinutes, name: "small" }), raw, isSmall);
      expectRecomputed(telemetry.windows.read({ lastMinutes, labels: { source: "a" } }), raw, fromA);
    }
  });

  test("across memory and store, and by another process from the file alone", async () => {
    const { clock, store, telemetry } = storedTelemetry({ windows: { memoryMinutes: 5 } });
    const raw = await load(telemetry, clock, 1_500, 4);
    await telemetry.flush(1_000);
    const elsewhere = createWindowReader(store.database, clock);
    for (const lastMinutes of [1, 60, 1_440]) {
      for (const windows of [telemetry.windows, elsewhere]) {
        expectRecomputed(windows.read({ lastMinutes }), raw, any);
        expectRecomputed(windows.read({ lastMinutes, kind: "model", name: "small" }), raw, isSmall);
        expect(windows.read({ lastMinutes, labels: { source: "a", model: "none" } }).count).toBe(0);
      }
    }
  });
});

describe("reading", () => {
  test("the running minute is part of it, and older minutes are not", async () => {
    const { clock, telemetry } = storedTelemetry();
    telemetry.record({ kind: "node", name: "n", durationMs: 1 });
    await clock.advance(2 * minute);
    telemetry.record({ kind: "node", name: "n", durationMs: 1 });
    expect(telemetry.windows.read({ lastMinutes: 1 }).count).toBe(1);
    expect(telemetry.windows.read({ lastMinutes: 2 }).count).toBe(2);
    const start = clock.now() - 2 * minute;
    expect(telemetry.windows.read({ from: start, to: start + 1 }).count).toBe(1);
  });

  test("points are by minute, series by key with the busiest first", async () => {
    const { clock, telemetry } = storedTelemetry();
    const start = clock.now();
    const run = { runId: "r", workflow: "fir", priority: "critical" };
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j <= i; j++) telemetry.record({ kind: "node", name: "busy", run, durationMs: 10 * i });
      if (i === 1) telemetry.record({ kind: "node", name: "quiet", durationMs: 5, status: "timeout" });
      await clock.advance(minute);
    }
    const points = telemetry.windows.points({ lastMinutes: 60, name: "busy" });
    expect(points.map(({ at, count }) => [at - start, count])).toEqual([
      [0, 1],
      [minute, 2],
      [2 * minute, 3],
    ]);
    const series = telemetry.windows.series({ lastMinutes: 60 });
    expect(series.map(({ name, labels, count, errors }) => ({ name, labels, count, errors }))).toEqual([
      { name: "busy", labels: { workflow: "fir", priority: "critical" }, count: 6, errors: 0 },
      { name: "quiet", labels: {}, count: 1, errors: 1 },
    ]);
  });

  test("statuses, refinements, retries, quality, streams and avoided cost are counted", () => {
    const { telemetry } = storedTelemetry();
    const base = { kind: "node", name: "n", durationMs: 100 } as const;
    telemetry.record({ ...base, iteration: 1, quality: [{ name: "gold", score: 0.8 }], attempts: 3 });
    telemetry.record({
      ...base,
      iteration: 2,
      quality: [
        { name: "gold", score: 0.4 },
        { name: "x", score: Number.NaN },
      ],
    });
    telemetry.record({ ...base, status: "skipped", durationMs: 0 });
    telemetry.record({ ...base, status: "suspended", durationMs: 5 });
    telemetry.record({ ...base, status: "cancelled", durationMs: 5 });
    telemetry.record({ ...base, status: "timeout", stream: { timeToFirstChunkMs: 40, chunks: 3 } });
    telemetry.record({
      ...base,
      avoided: { usd: 0.5, ms: 900 },
      usage: { inputTokens: 1, outputTokens: 2, estimated: true },
    });
    const window = telemetry.windows.read();
    expect(window).toMatchObject({
      count: 7,
      errors: 1,
      errorRate: 0.25,
      statuses: { ok: 3, error: 0, timeout: 1, cancelled: 1, skipped: 1, suspended: 1 },
      avoided: { count: 1, usd: 0.5, ms: 900 },
      refinements: 1,
      retries: 2,
      tokens: { estimated: 1 },
    });
    expect(window.quality.count).toBe(2);
    expect(window.quality.mean).toBeCloseTo(0.6);
    expect(window.duration).toMatchObject({ count: 4, min: 100, max: 100 });
    expect(window.firstChunk).toMatchObject({ count: 1, p50: 40 });
    expect(window.duration.countAtMost(99)).toBe(0);
  });

  test("one number that is none does not spoil the sums of its minute", () => {
    const { telemetry } = storedTelemetry();
    const usage = { inputTokens: Number.NaN, outputTokens: 2 };
    const cost = { priced: true, usd: Number.POSITIVE_INFINITY, priceTable: "t" } as const;
    telemetry.record({ kind: "model", name: "m", durationMs: Number.NaN, usage, cost });
    telemetry.record({ kind: "model", name: "m", durationMs: 5, usage: { inputTokens: 1, outputTokens: 1 } });
    expect(telemetry.windows.read()).toMatchObject({ count: 2, tokens: { input: 1, output: 3 }, cost: { usd: 0 } });
  });

  test("an empty window says so instead of zero", () => {
    const { telemetry } = storedTelemetry();
    expect(telemetry.windows.read()).toMatchObject({
      count: 0,
      errorRate: undefined,
      duration: { count: 0, p95: undefined, mean: undefined },
      quality: { mean: undefined },
    });
    expect(telemetry.windows.points()).toEqual([]);
  });

  test("senseless questions are refused with what was expected", () => {
    const { telemetry, clock } = storedTelemetry();
    const now = clock.now();
    for (const query of [
      { lastMinutes: 0 },
      { lastMinutes: 1_441 },
      { lastMinutes: 1.5 },
      { lastHours: 745 },
      { lastMinutes: 5, lastHours: 5 },
      { lastMinutes: 5, from: now },
      { from: now, to: now - 1 },
      { from: now - 2 * 86_400_000, to: now },
      { to: now },
    ]) {
      expect(() => telemetry.windows.read(query)).toThrow(QueryError);
    }
  });

  test("a damaged row is left out and reported, everything else is read", async () => {
    const { clock, store, telemetry } = storedTelemetry({ windows: { memoryMinutes: 1 } });
    for (let i = 0; i < 5; i++) {
      telemetry.record({ kind: "node", name: "n", durationMs: 10 });
      await clock.advance(minute);
    }
    await telemetry.flush(1_000);
    store.database.run(
      "UPDATE telemetry_minutes SET value = x'0102ff' WHERE at = (SELECT min(at) FROM telemetry_minutes)",
    );
    expect(telemetry.windows.read({ lastMinutes: 60 }).count).toBe(4);
    expect(telemetry.stats().failures).toEqual({ "window row": 1 });
  });
});

describe("several writers of one store", () => {
  test("processes that count the same series in the same minute are added", async () => {
    const clock = fakeClock();
    const store = testStore(":memory:", clock);
    const processes = [createTelemetry({ clock, store }), createTelemetry({ clock, store })] as const;
    for (const telemetry of processes) telemetry.record({ kind: "node", name: "n", durationMs: 10 });
    // The first is asked before the second has flushed, and must not count its own twice afterwards.
    await processes[0].flush(1_000);
    expect(processes[0].windows.read().count).toBe(1);
    await processes[1].flush(1_000);
    for (const telemetry of processes) expect(telemetry.windows.read().count).toBe(2);
    expect(createWindowReader(store.database, clock).read().count).toBe(2);
  });

  test("a process that starts again within the minute loses nothing", async () => {
    const clock = fakeClock();
    const store = testStore(":memory:", clock);
    for (let i = 0; i < 3; i++) {
      const telemetry = createTelemetry({ clock, store });
      telemetry.record({ kind: "node", name: "n", durationMs: 10 });
      await telemetry.shutdown(1_000);
      await clock.advance(1_000);
    }
    expect(createTelemetry({ clock, store }).windows.read().count).toBe(3);
  });

  test("what one process wrote to a file another reads, while both are at work", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "windows-")), "flyball.db");
    const stores = [path, path].map((file) => openStore({ path: file, migrations: telemetryMigrations }));
    const [writing, reading] = stores.map((store) => createTelemetry({ store })) as [
      TelemetryService,
      TelemetryService,
    ];
    writing.record({ kind: "node", name: "n", durationMs: 10 });
    reading.record({ kind: "node", name: "n", durationMs: 20 });
    expect(reading.windows.read().count).toBe(1);
    await writing.flush(10_000);
    expect(reading.windows.read()).toMatchObject({ count: 2, duration: { min: 10, max: 20 } });
    await reading.flush(10_000);
    expect(writing.windows.read().count).toBe(2);
    expect(writing.traces?.list()).toHaveLength(2);
    for (const telemetry of [writing, reading]) await telemetry.shutdown(10_000);
    for (const store of stores) await store.close();
  });

  test("flushing again and again counts once", async () => {
    const { clock, store, telemetry } = storedTelemetry();
    for (let i = 0; i < 4; i++) {
      telemetry.record({ kind: "node", name: "n", durationMs: 10 });
      await telemetry.flush(1_000);
    }
    await clock.advance(2 * minute);
    await telemetry.flush(1_000);
    expect(telemetry.windows.read().count).toBe(4);
    expect(createWindowReader(store.database, clock).read().count).toBe(4);
  });
});
