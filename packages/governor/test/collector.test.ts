import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binOf, binTop } from "../src/effects/statistics.ts";
import { createSqliteLedger, readPlan } from "../src/index.ts";
import { defaultMetrics } from "../src/metrics/metric.ts";
import { metricsOf } from "../src/rollout/plan.ts";
import { collecting, comparison, totalsOf } from "./fixtures/collect.ts";
import { opening } from "./fixtures/opening.ts";
import { outcome, type RunFacts } from "./fixtures/outcomes.ts";

const opened = opening();
const treatment = { cache: "treatment" } as const;
const control = { cache: "control" } as const;

async function counted(facts: readonly RunFacts[]) {
  const ledger = createSqliteLedger(opened.store());
  const collector = collecting(ledger);
  for (const one of facts) collector.record(outcome(one));
  await collector.flush();
  return { totals: await totalsOf(ledger), stats: collector.stats() };
}

describe("one number a unit", () => {
  test("is its mean, however many runs it makes", async () => {
    const runs = Array.from({ length: 50 }, () => ({ unit: "heavy", decisions: treatment, durationMs: 1_000 }));
    const { totals } = await counted([...runs, { unit: "light", decisions: treatment, durationMs: 100 }]);
    const { count, sum } = totals.treatment.metrics.duration ?? { count: 0, sum: 0 };
    expect(count).toBe(2);
    expect(Math.exp(sum / count)).toBeCloseTo(Math.sqrt(1_000 * 100));
  });

  test("is its first error, however many follow", async () => {
    const failing = Array.from({ length: 9 }, () => ({ unit: "u", decisions: control, status: "error" as const }));
    const { totals } = await counted([...failing, { unit: "v", decisions: control }]);
    expect(totals.control.metrics.errors).toMatchObject({ count: 2, sum: 1 });
  });

  test("is dollars a run, from the operations inside it", async () => {
    const cost = { priced: true, usd: 0.02, priceTable: "t" } as const;
    const { totals } = await counted([
      { unit: "u", decisions: treatment, kind: "model", name: "m", cost },
      { unit: "u", decisions: treatment, kind: "model", name: "m", cost },
      { unit: "u", decisions: treatment, kind: "node", name: "n", cost },
      { unit: "u", decisions: treatment },
      { unit: "u", decisions: treatment },
    ]);
    expect(totals.treatment.metrics.cost?.sum).toBeCloseTo(0.02);
  });

  test("that cannot be known is not zero: a model without a price", async () => {
    const { totals } = await counted([
      { unit: "u", decisions: treatment, kind: "model", name: "m", cost: { priced: false, reason: "unknown" } },
      { unit: "u", decisions: treatment },
      { unit: "v", decisions: treatment },
    ]);
    expect(totals.treatment.metrics.cost).toMatchObject({ count: 1, unknown: 1 });
  });

  test("takes no score that is none", async () => {
    const quality = [
      { name: "a", score: Number.NaN },
      { name: "b", score: 0.5 },
      { name: "c", score: Number.POSITIVE_INFINITY },
    ];
    const { totals } = await counted([{ unit: "u", decisions: control, quality }]);
    expect(totals.control.metrics.quality).toMatchObject({ count: 1, sum: 0.5 });
  });

  test("of what plans define: a node's time, a threshold, one scorer", async () => {
    const plan = readPlan({
      flag: "cache",
      metrics: {
        summary: { measure: "duration", kind: "node", name: "summary" },
        slow: { measure: "slower_than", milliseconds: 500 },
        faithful: { measure: "quality", scorer: "faithful" },
      },
      guardrails: ["summary", "slow", "faithful"].map((metric) => ({ metric })),
    });
    const measured = { ...comparison, metrics: metricsOf(plan) };
    const ledger = createSqliteLedger(opened.store());
    const collector = collecting(ledger);
    collector.compare([measured]);
    const quality = [
      { name: "faithful", score: 0.9 },
      { name: "other", score: 0.1 },
    ];
    for (const facts of [
      { kind: "node", name: "summary", durationMs: 50 },
      { kind: "node", name: "check", durationMs: 5_000 },
      { durationMs: 600, quality },
    ] as const) {
      collector.record(outcome({ unit: "u", decisions: treatment, ...facts }));
    }
    await collector.flush();
    const { metrics } = (await totalsOf(ledger, measured)).treatment;
    const of = (name: string) => metrics[measured.metrics.find((metric) => metric.name === name)?.key ?? ""];
    expect(Math.exp(of("summary")?.sum ?? 0)).toBeCloseTo(50);
    expect(of("slow")).toMatchObject({ count: 1, sum: 1 });
    expect(of("faithful")).toMatchObject({ count: 1, sum: 0.9 });
  });

  test("comes out the same however the outcomes are spread over processes and flushes", async () => {
    const run = fc.record({
      unit: fc.integer({ min: 0, max: 12 }),
      durationMs: fc.integer({ min: 1, max: 100_000 }),
      failed: fc.boolean(),
      worker: fc.integer({ min: 0, max: 2 }),
      flush: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 60 }), async (runs) => {
        const ledger = createSqliteLedger(opened.store());
        const workers = [collecting(ledger), collecting(ledger), collecting(ledger)];
        for (const { unit, durationMs, failed, worker, flush } of runs) {
          const facts = { unit: `u${unit}`, decisions: unit % 2 ? control : treatment, durationMs };
          workers[worker]?.record(outcome({ ...facts, status: failed ? "error" : "ok" }));
          if (flush) await workers[worker]?.flush();
        }
        for (const worker of workers) await worker.flush();
        const totals = await totalsOf(ledger);
        for (const [arm, parity] of [
          ["treatment", 0],
          ["control", 1],
        ] as const) {
          const units = Map.groupBy(
            runs.filter(({ unit }) => unit % 2 === parity),
            ({ unit }) => unit,
          );
          const means = [...units.values()].flatMap((ofUnit) => {
            const good = ofUnit.filter(({ failed }) => !failed).map(({ durationMs }) => Math.log(durationMs));
            return good.length > 0 ? [good.reduce((sum, one) => sum + one, 0) / good.length] : [];
          });
          const { units: seen, metrics } = totals[arm];
          expect(seen).toBe(units.size);
          expect(metrics.duration?.count ?? 0).toBe(means.length);
          expect(metrics.duration?.sum ?? 0).toBeCloseTo(
            means.reduce((sum, one) => sum + one, 0),
            8,
          );
          expect(metrics.duration?.sumOfSquares ?? 0).toBeCloseTo(
            means.reduce((sum, one) => sum + one * one, 0),
            6,
          );
          const failing = [...units.values()].filter((ofUnit) => ofUnit.some(({ failed }) => failed)).length;
          expect(metrics.errors?.sum ?? 0).toBe(failing);
          const binned = Object.values(metrics["duration_quantile|||0.95"]?.bins ?? {});
          expect(binned.reduce((sum, one) => sum + one, 0)).toBe(means.length);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("what is not compared", () => {
  test("runs without a unit are left out, and counted", async () => {
    const { totals, stats } = await counted([
      { decisions: treatment },
      { decisions: treatment, kind: "model", name: "m" },
      { unit: "u", decisions: control },
    ]);
    expect(totals.treatment.units).toBe(0);
    expect(stats.unitMissing).toBe(1);
  });

  test("units that were targeted or are outside, and flags that are not compared", async () => {
    const { totals } = await counted([
      { unit: "a", decisions: { cache: "on" } },
      { unit: "b", decisions: { cache: "off" } },
      { unit: "c", decisions: { other: "treatment" } },
      { unit: "d", decisions: control },
    ]);
    expect([totals.control.units, totals.treatment.units]).toEqual([1, 0]);
  });

  test("a cancelled run says nothing; a suspended one is not at its end", async () => {
    const { totals } = await counted([
      { unit: "a", decisions: control, status: "cancelled" },
      { unit: "b", decisions: control, status: "suspended" },
      { unit: "c", decisions: control },
    ]);
    expect(totals.control.metrics.errors?.count).toBe(1);
    expect(totals.control.metrics.duration?.count).toBe(1);
  });

  test("a unit that turns up in the other arm counts for its first, and is counted as crossed", async () => {
    const ledger = createSqliteLedger(opened.store());
    const [one, other] = [collecting(ledger), collecting(ledger)];
    one.record(outcome({ unit: "u", decisions: control, durationMs: 100 }));
    one.record(outcome({ unit: "u", decisions: treatment, durationMs: 900 }));
    await one.flush();
    other.record(outcome({ unit: "u", decisions: treatment, durationMs: 900 }));
    await other.flush();
    const totals = await totalsOf(ledger);
    expect([totals.control.units, totals.treatment.units, totals.crossed]).toEqual([1, 0, 1]);
    expect(one.stats().crossed).toBe(1);
  });

  test("one flag's effect is not another's: arms are counted by flag", async () => {
    const ledger = createSqliteLedger(opened.store());
    const collector = collecting(ledger);
    const other = { ...comparison, flag: "batch", id: "batch#1/500:500" };
    collector.compare([comparison, other]);
    // `cache` halves the time; `batch` does nothing, and is dealt independently.
    for (let unit = 0; unit < 400; unit++) {
      const decisions = {
        cache: unit % 2 ? control.cache : treatment.cache,
        batch: unit % 4 < 2 ? "control" : "treatment",
      } as const;
      collector.record(outcome({ unit: `u${unit}`, decisions, durationMs: unit % 2 ? 1_000 : 500 }));
    }
    await collector.flush();
    const mean = ({ metrics }: { metrics: Record<string, { sum: number; count: number }> }): number =>
      Math.exp((metrics.duration?.sum ?? 0) / (metrics.duration?.count ?? 1));
    const [cache, batch] = [await totalsOf(ledger), await totalsOf(ledger, other)];
    expect(mean(cache.treatment) / mean(cache.control)).toBeCloseTo(0.5);
    expect(mean(batch.treatment) / mean(batch.control)).toBeCloseTo(1);
  });
});

describe("bounds", () => {
  test("units beyond what may wait are dropped and counted; those beyond what is kept too", async () => {
    const ledger = createSqliteLedger(opened.store());
    const collector = collecting(ledger, { maxPending: 10, maxUnits: 15 });
    for (let unit = 0; unit < 12; unit++) collector.record(outcome({ unit: `a${unit}`, decisions: control }));
    expect(collector.stats()).toMatchObject({ pending: 10, dropped: 2 });
    await collector.flush();
    for (let unit = 0; unit < 10; unit++) collector.record(outcome({ unit: `b${unit}`, decisions: control }));
    await collector.flush();
    const totals = await totalsOf(ledger);
    expect([totals.control.units, totals.refused]).toEqual([15, 5]);
  });

  test("what was collected for a comparison that ends is written all the same", async () => {
    const ledger = createSqliteLedger(opened.store());
    const collector = collecting(ledger);
    collector.record(outcome({ unit: "u", decisions: control }));
    collector.compare([]);
    collector.record(outcome({ unit: "v", decisions: control }));
    await collector.flush();
    expect((await totalsOf(ledger)).control.units).toBe(1);
  });

  test("units are known by a hash alone", async () => {
    const store = opened.store();
    const collector = collecting(createSqliteLedger(store));
    collector.record(outcome({ unit: "alice@example.org", decisions: control }));
    await collector.flush();
    const rows = store.database.all("SELECT * FROM governor_effects");
    expect(rows.length).toBe(2);
    expect(JSON.stringify(rows)).not.toMatch(/alice/);
  });
});

test("a bin's top is within one percent above what is in it", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (value) => {
      const top = binTop(binOf(value));
      expect(top).toBeGreaterThanOrEqual(value * (1 - 1e-9));
      expect(top).toBeLessThanOrEqual(value * 1.01 * (1 + 1e-9));
    }),
  );
});

test("the standard metrics each have a key of their own", () => {
  expect(new Set(defaultMetrics.map(({ key }) => key)).size).toBe(defaultMetrics.length);
});
