import { type FakeClock, failureLog, fakeClock, silentLogger } from "@flyball/core";
import type { Store } from "@flyball/storage";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTelemetry } from "../src/telemetry.ts";
import { Aggregate, slot, slots } from "../src/windows/aggregate.ts";
import { decodeAggregate, encodeAggregate } from "../src/windows/aggregate-codec.ts";
import { startRollUp } from "../src/windows/roll-up.ts";
import { createWindowReader } from "../src/windows/window-reader.ts";
import { storedTelemetry, testStore } from "./support.ts";

const minute = 60_000;
const hour = 60 * minute;

/** Everything that the file holds, whatever its time. */
function storedCount(store: Store): number {
  const rows = store.database.all<{ value: Uint8Array }>("SELECT value FROM telemetry_minutes");
  return rows.reduce((sum, { value }) => sum + (decodeAggregate(value).sums[slot.ok] as number), 0);
}

describe("clock jumps", () => {
  test("backwards: nothing is overwritten, nothing is counted twice", async () => {
    const { clock, store, telemetry } = storedTelemetry();
    const start = clock.now();
    for (let i = 0; i < 10; i++) {
      telemetry.record({ kind: "node", name: "n", durationMs: 10 });
      await clock.advance(minute);
      if (i === 4) clock.jump(-5 * minute);
    }
    await telemetry.flush(1_000);
    expect(storedCount(store)).toBe(10);
    const all = { from: start - hour, to: start + hour };
    expect(telemetry.windows.read(all).count).toBe(10);
    expect(createWindowReader(store.database, clock).read(all).count).toBe(10);
  });

  test("a slewing clock does not close minutes", async () => {
    const { clock, store, telemetry } = storedTelemetry();
    for (let i = 0; i < 20; i++) {
      telemetry.record({ kind: "node", name: "n", durationMs: 10 });
      clock.jump(i % 2 === 0 ? -50 : 50);
    }
    await telemetry.flush(1_000);
    expect(store.database.all("SELECT * FROM telemetry_minutes")).toHaveLength(1);
  });

  test("whatever happens, every outcome is in the file exactly once", async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ type: fc.constant("record" as const), series: fc.nat(3) }) },
      {
        weight: 3,
        arbitrary: fc.record({ type: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 200_000 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ type: fc.constant("jump" as const), ms: fc.integer({ min: -hour, max: hour }) }),
      },
      { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("flush" as const, "restart" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock: FakeClock = fakeClock();
        const store = testStore(":memory:", clock);
        const start = clock.now();
        let telemetry = createTelemetry({ clock, store });
        let recorded = 0;
        for (const step of steps) {
          if (step.type === "record") {
            telemetry.record({ kind: "node", name: `n${step.series}`, durationMs: 10 });
            recorded++;
          } else if (step.type === "advance") await clock.advance(step.ms);
          else if (step.type === "jump") clock.jump(step.ms);
          else if (step.type === "flush") await telemetry.flush(1_000);
          else {
            await telemetry.shutdown(1_000);
            telemetry = createTelemetry({ clock, store });
          }
        }
        const all = { from: start - 10 * hour, to: start + 12 * hour };
        const inRange = clock.now() > all.from && clock.now() < all.to;
        await telemetry.flush(1_000);
        expect(storedCount(store)).toBe(recorded);
        if (inRange) expect(telemetry.windows.read(all).count).toBe(recorded);
        await store.close(100);
      }),
      { numRuns: 60 },
    );
  });
});

describe("bounds", () => {
  test("series beyond the limit share one overflow series per kind, counted", () => {
    const { telemetry } = storedTelemetry({ windows: { maxSeries: 3 } });
    for (let i = 0; i < 10; i++) telemetry.record({ kind: "node", name: `n${i}`, durationMs: i });
    telemetry.record({ kind: "model", name: "m", durationMs: 5, status: "error" });
    const series = telemetry.windows.series();
    expect(series.map(({ kind, name, count }) => [kind, name, count])).toEqual([
      ["node", "overflow", 7],
      ["node", "n0", 1],
      ["node", "n1", 1],
      ["node", "n2", 1],
      ["model", "overflow", 1],
    ]);
    expect(telemetry.windows.read({ kind: "node" }).count).toBe(10);
    expect(telemetry.stats()).toMatchObject({ series: 5, dropped: { overflowed: 8 } });
  });

  test("idle series make room for new ones", async () => {
    const { clock, telemetry } = storedTelemetry({ windows: { maxSeries: 2 } });
    for (const name of ["a", "b", "c"]) telemetry.record({ kind: "node", name, durationMs: 1 });
    await clock.advance(2 * hour);
    for (const name of ["c", "d"]) telemetry.record({ kind: "node", name, durationMs: 1 });
    expect(telemetry.windows.series({ lastMinutes: 1 }).map(({ name }) => name)).toEqual(["c", "d"]);
    expect(
      telemetry.windows
        .series({ lastMinutes: 200 })
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["a", "b", "c", "d", "overflow"]);
  });

  test("labels that are not allowed, long ones, and another order make no further series", () => {
    const { telemetry } = storedTelemetry({ labels: ["tenant"] });
    const base = { kind: "cache", name: "answers", durationMs: 1 } as const;
    telemetry.record({ ...base, labels: { level: "memory", result: "hit", user: "1", tenant: "t" } });
    telemetry.record({ ...base, labels: { tenant: "t", user: "2", result: "hit", level: "memory" } });
    expect(telemetry.windows.series()).toMatchObject([
      { count: 2, labels: { level: "memory", result: "hit", tenant: "t" } },
    ]);
    telemetry.record({ ...base, name: "x".repeat(10_000) });
    expect(telemetry.windows.series().map(({ name }) => name.length)).toContain(128);
  });

  test("series beyond the stored ones stay in memory, counted", async () => {
    const { clock, store, telemetry } = storedTelemetry({ windows: { maxStoredSeries: 2 } });
    for (let i = 0; i < 5; i++) telemetry.record({ kind: "node", name: `n${i}`, durationMs: i });
    await telemetry.flush(1_000);
    expect(telemetry.windows.series()).toHaveLength(5);
    expect(createWindowReader(store.database, clock).series()).toHaveLength(2);
    expect(telemetry.stats().dropped.unstoredMinutes).toBe(3);
  });

  test("memory keeps so many minutes, and so many bytes", async () => {
    for (const [windows, most] of [
      [{ memoryMinutes: 10 }, 11],
      [{ memoryBytes: 2_000 }, 50],
    ] as const) {
      const clock = fakeClock();
      const telemetry = createTelemetry({ clock, windows });
      for (let i = 0; i < 100; i++) {
        telemetry.record({ kind: "node", name: "n", durationMs: 10 });
        await clock.advance(minute);
      }
      const { count } = telemetry.windows.read({ lastMinutes: 1_440 });
      expect(count).toBeGreaterThanOrEqual(9);
      expect(count).toBeLessThanOrEqual(most);
    }
  });

  test("a minute of many series is read whole while it is still being sealed", async () => {
    const { clock, telemetry } = storedTelemetry();
    for (let i = 0; i < 450; i++) telemetry.record({ kind: "node", name: `n${i}`, durationMs: 10 });
    await clock.advance(minute - 1);
    clock.jump(2);
    telemetry.record({ kind: "node", name: "n0", durationMs: 10 });
    expect(telemetry.windows.read().count).toBe(451);
    await telemetry.flush(1_000);
    expect(telemetry.windows.read().count).toBe(451);
  });

  test("with nothing to do there is no timer", async () => {
    const clock = fakeClock();
    const telemetry = createTelemetry({ clock });
    const idle = clock.pending;
    telemetry.record({ kind: "node", name: "n", durationMs: 1 });
    expect(clock.pending).toBe(idle + 1);
    await clock.advance(2 * minute);
    expect(clock.pending).toBe(idle);
    await telemetry.shutdown(100);
    telemetry.record({ kind: "node", name: "n", durationMs: 1 });
    expect(clock.pending).toBe(idle);
  });
});

describe("hours", () => {
  async function threeDays() {
    const setUp = storedTelemetry({ windows: { memoryMinutes: 5 } });
    const { clock, telemetry } = setUp;
    const start = clock.now();
    for (let i = 0; i < 3 * 24 * 4; i++) {
      telemetry.record({ kind: "node", name: "n", durationMs: 10 + (i % 7) });
      await clock.advance(15 * minute);
      if (i % 16 === 0) await telemetry.flush(1_000);
    }
    await telemetry.flush(1_000);
    return { ...setUp, start, recorded: 3 * 24 * 4 };
  }

  test("outlive their minutes, and are read together with minutes that are not rolled up yet", async () => {
    const { clock, store, telemetry, recorded } = await threeDays();
    store.cleanUp(clock.now());
    await store.writer.flush(1_000);
    await clock.advance(0);
    await store.writer.flush(1_000);
    const oldest = store.database.get<{ at: number }>("SELECT min(at) AS at FROM telemetry_minutes");
    expect(oldest?.at).toBeGreaterThanOrEqual(clock.now() - 48 * hour - minute);
    for (const windows of [telemetry.windows, createWindowReader(store.database, clock)]) {
      const window = windows.read({ lastHours: 100 });
      expect(window.count).toBe(recorded);
      expect(window.duration).toMatchObject({ min: 10, max: 16 });
      const points = windows.points({ lastHours: 100 });
      expect(points).toHaveLength(72);
      for (const { count } of points) expect(count).toBe(4);
    }
  });

  test("are the same whoever rolls them up, and again after the clock jumped back", async () => {
    const { clock, store, telemetry } = await threeDays();
    const before = telemetry.windows.read({ lastHours: 100 }).count;
    const other = startRollUp(store, clock, failureLog(silentLogger));
    store.database.run("DELETE FROM telemetry_rolled_up WHERE at > ?", clock.now() - 20 * hour);
    const run = other.run();
    await clock.advance(1_000);
    await run;
    other.stop();
    await store.writer.flush(1_000);
    expect(telemetry.windows.read({ lastHours: 100 }).count).toBe(before);

    clock.jump(-5 * hour);
    telemetry.record({ kind: "node", name: "n", durationMs: 10 });
    await telemetry.flush(1_000);
    await clock.advance(2 * hour);
    await telemetry.flush(1_000);
    expect(telemetry.windows.read({ lastHours: 100 }).count).toBe(before - 8 + 1);
    clock.jump(3 * hour);
    expect(telemetry.windows.read({ lastHours: 100 }).count).toBe(before + 1);
  });
});

describe("the stored form of an aggregate", () => {
  const numbers = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: slots, maxLength: slots });
  const durations = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 50 });

  test("gives back what was encoded", () => {
    fc.assert(
      fc.property(numbers, durations, durations, (sums, all, first) => {
        const aggregate = new Aggregate();
        aggregate.sums.set(sums);
        for (const value of all) aggregate.duration.add(value);
        for (const value of first) aggregate.firstChunk.add(value);
        const decoded = decodeAggregate(encodeAggregate(aggregate));
        expect(decoded.sums).toEqual(aggregate.sums);
        expect(encodeAggregate(decoded)).toEqual(encodeAggregate(aggregate));
      }),
    );
  });

  test("refuses anything else", () => {
    const bytes = encodeAggregate(new Aggregate());
    expect(() => decodeAggregate(new Uint8Array([...bytes, 1]))).toThrow();
    expect(() => decodeAggregate(bytes.subarray(0, -1))).toThrow();
    expect(() => decodeAggregate(new Uint8Array([9, ...bytes.subarray(1)]))).toThrow();
    const aggregate = new Aggregate();
    aggregate.sums[slot.costUsd] = Number.NaN;
    expect(() => decodeAggregate(encodeAggregate(aggregate))).toThrow();
  });
});
