import { ConfigurationError, fakeClock, type Logger, silentLogger, TimeoutError } from "@flyball/core";
import type { DatabaseWriter, Store } from "@flyball/storage";
import { describe, expect, test } from "vitest";
import type { OperationKind } from "../src/outcome.ts";
import { createPrices } from "../src/prices/prices.ts";
import { createTelemetry } from "../src/telemetry.ts";
import { storedTelemetry, testStore } from "./support.ts";

/** A store whose writer misbehaves; everything else is real. */
function withWriter(store: Store, broken: Partial<DatabaseWriter>): Store {
  const writer = Object.create(store.writer, Object.getOwnPropertyDescriptors(broken)) as DatabaseWriter;
  return { ...store, writer, degraded: undefined, setAside: undefined };
}

describe("recorders", () => {
  test("hear of what begins and ends; one that throws is logged once and disturbs nobody", async () => {
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (_fields, message) => void warnings.push(message) };
    const active = new Map<OperationKind, number>();
    const move = (kind: OperationKind, by: number): void => void active.set(kind, (active.get(kind) ?? 0) + by);
    const seen: string[] = [];
    const fails = (): never => {
      throw new Error("broken recorder");
    };
    const telemetry = createTelemetry({
      logger,
      recorders: [
        { record: fails, started: fails, ended: fails },
        {
          record: ({ name }) => void seen.push(name),
          started: (kind) => move(kind, 1),
          ended: (kind) => move(kind, -1),
        },
      ],
    });
    await telemetry.trace({ kind: "run", name: "fir" }, async () => {
      expect(active.get("run")).toBe(1);
      telemetry.record({ kind: "run", name: "by hand", durationMs: 1 });
      expect(active.get("run")).toBe(1);
    });
    expect(active.get("run")).toBe(0);
    expect(seen).toEqual(["by hand", "fir"]);
    expect(warnings).toHaveLength(1);
    expect(telemetry.stats().failures).toEqual({ recorder: 4 });
  });
});

describe("pricing", () => {
  const prices = createPrices({ catalogue: false, overrides: { version: "v", models: { "gpt-4o": { input: 1 } } } });
  const usage = { inputTokens: 1_000_000, outputTokens: 0 };

  test("what carries usage is priced, by the model that was asked when the answering one is not known", () => {
    const { telemetry } = storedTelemetry({ prices });
    telemetry
      .start({ kind: "model", name: "gpt-4o", model: "gpt-4o" })
      .end("ok", { usage, model: "gpt-4o-2024-08-06" });
    telemetry.start({ kind: "model", name: "other", model: "other" }).end("ok", { usage });
    telemetry.start({ kind: "node", name: "n" }).end("ok", { usage });
    expect(telemetry.windows.read()).toMatchObject({
      cost: { usd: 1, priced: 1, unpriced: 1 },
      tokens: { input: 3_000_000 },
    });
    // Both names of a model are one series, as a failed call only knows the first.
    expect(
      telemetry.windows
        .series({ kind: "model" })
        .map(({ labels }) => labels.model)
        .toSorted(),
    ).toEqual(["gpt-4o", "other"]);
  });

  test("a cost that came with the outcome is kept", () => {
    const { telemetry } = storedTelemetry({ prices });
    const cost = { priced: true, usd: 9, priceTable: "mine" } as const;
    telemetry.record({ kind: "model", name: "gpt-4o", durationMs: 1, usage, cost });
    expect(telemetry.windows.read().cost.usd).toBe(9);
  });
});

describe("flush and shutdown", () => {
  test("flush stores the running minute; past its deadline it rejects", async () => {
    const { clock, store, telemetry } = storedTelemetry();
    telemetry.record({ kind: "node", name: "n", durationMs: 1 });
    await telemetry.flush(1_000);
    expect(store.database.all("SELECT * FROM telemetry_minutes")).toHaveLength(1);
    const stuck = withWriter(store, { flush: () => Promise.reject(new TimeoutError("flush", 5)) });
    await expect(createTelemetry({ clock, store: stuck }).flush(5)).rejects.toThrow(TimeoutError);
  });

  test("shutdown ends at its deadline though the store hangs, and says so", async () => {
    const clock = fakeClock();
    const store = withWriter(testStore(":memory:", clock), { flush: () => new Promise(() => {}) });
    const telemetry = createTelemetry({ clock, store });
    telemetry.record({ kind: "node", name: "n", durationMs: 1 });
    const done = telemetry.shutdown(500);
    await clock.advance(500);
    await done;
    expect(telemetry.stats().failures).toEqual({ shutdown: 1 });
  });

  test("after shutdown work goes on unrecorded", async () => {
    const { telemetry } = storedTelemetry();
    await telemetry.shutdown(1_000);
    await telemetry.shutdown(1_000);
    expect(await telemetry.trace({ kind: "node", name: "n" }, async () => 7)).toBe(7);
    expect(telemetry.stats().outcomes).toBe(0);
  });
});

describe("a store that fails", () => {
  test("whose writer is full costs minutes and traces, counted, and nothing else", async () => {
    const { clock, store } = storedTelemetry();
    const full = withWriter(store, { write: () => false });
    const telemetry = createTelemetry({ clock, store: full });
    await telemetry.trace({ kind: "run", name: "fir" }, async () => {});
    await telemetry.flush(1_000);
    expect(telemetry.windows.read().count).toBe(1);
    expect(telemetry.stats().dropped).toMatchObject({ minutes: 2, traces: 1 });
  });

  test("whose writer throws is never seen by the pipeline", async () => {
    const { clock, store } = storedTelemetry();
    const throwing = withWriter(store, {
      write: () => {
        throw new Error("broken writer");
      },
    });
    const telemetry = createTelemetry({ clock, store: throwing });
    for (let i = 0; i < 3; i++) {
      expect(await telemetry.trace({ kind: "run", name: "fir" }, async () => i)).toBe(i);
      await clock.advance(60_000);
    }
    expect(telemetry.windows.read().count).toBe(3);
    expect(telemetry.stats()).toMatchObject({ failures: { trace: 3, store: 4 }, dropped: { traces: 3, minutes: 4 } });
  });
});

test("stats say what was recorded", async () => {
  const { telemetry } = storedTelemetry();
  await telemetry.trace({ kind: "run", name: "fir" }, async () => {
    telemetry.record({ kind: "node", name: "n", durationMs: 1 });
  });
  expect(telemetry.stats()).toEqual({
    outcomes: 2,
    series: 2,
    tracesKept: 1,
    dropped: { overflowed: 0, unstoredMinutes: 0, minutes: 0, traces: 0, spans: 0, writes: 0 },
    failedWrites: 0,
    failures: {},
  });
});

test.each([
  [{ windows: { maxSeries: 0 } }, "windows.maxSeries"],
  [{ windows: { memoryMinutes: 1.5 } }, "windows.memoryMinutes"],
  [{ sampling: { rate: 2 } }, "sampling.rate"],
  [{ sampling: { keepPerMinute: -1 } }, "sampling.keepPerMinute"],
  [{ content: { maxLength: 0 } }, "content.maxLength"],
] as const)("bad settings fail at the start: %o", (options, path) => {
  expect(() => createTelemetry(options)).toThrow(ConfigurationError);
  expect(() => createTelemetry(options)).toThrow(path);
});
