import { ConfigurationError, fakeClock } from "@flyball/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CollectedMetric, type CollectedPoint, createSeriesMeter, type HistogramValue } from "../src/index.ts";

const trace = { traceId: "a".repeat(32), spanId: "b".repeat(16), timestampMs: 1_000 };

async function metricOf(meter: ReturnType<typeof createSeriesMeter>, name: string): Promise<CollectedMetric> {
  const metric = (await meter.collect()).metrics.find((one) => one.descriptor.name === name);
  if (!metric) throw new Error(`${name} was not collected`);
  return metric;
}

function histogramOf(metric: CollectedMetric): HistogramValue {
  const value = metric.dataPoints[0]?.value;
  if (typeof value !== "object") throw new Error("no histogram was collected");
  return value;
}

function seriesValue(metric: CollectedMetric, attributes: object): CollectedPoint["value"] | undefined {
  const wanted = JSON.stringify(Object.entries(attributes).sort());
  return metric.dataPoints.find((point) => JSON.stringify(Object.entries(point.attributes).sort()) === wanted)?.value;
}

describe("series meter", () => {
  it("adds up one series whatever the order of its attributes and whether they are frozen", async () => {
    const meter = createSeriesMeter();
    const counter = meter.createCounter("calls");
    counter.add(1, { a: "1", b: "2" });
    counter.add(2, { b: "2", a: "1" });
    const frozen = Object.freeze({ a: "1", b: "2" });
    counter.add(4, frozen);
    counter.add(8, frozen);
    const metric = await metricOf(meter, "calls");
    expect(metric.dataPoints).toHaveLength(1);
    expect(seriesValue(metric, { a: "1", b: "2" })).toBe(15);
  });

  it("takes an object that changed between records for what it says at each", async () => {
    const meter = createSeriesMeter();
    const counter = meter.createCounter("calls");
    const attributes = { a: "1" };
    counter.add(1, attributes);
    attributes.a = "2";
    counter.add(1, attributes);
    const metric = await metricOf(meter, "calls");
    expect(seriesValue(metric, { a: "1" })).toBe(1);
    expect(seriesValue(metric, { a: "2" })).toBe(1);
  });

  it("never holds more series than its limit, and loses no count to it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.nat(40), frozen: fc.boolean() }), { maxLength: 300 }),
        fc.integer({ min: 2, max: 20 }),
        async (records, seriesLimit) => {
          const meter = createSeriesMeter({ seriesLimit });
          const counter = meter.createCounter("calls");
          for (const { key, frozen } of records) {
            const attributes = { key: String(key) };
            counter.add(1, frozen ? Object.freeze(attributes) : attributes);
          }
          const points = (await meter.collect()).metrics.flatMap((metric) => metric.dataPoints);
          expect(points.length).toBeLessThanOrEqual(seriesLimit);
          expect(points.reduce((sum, point) => sum + (point.value as number), 0)).toBe(records.length);
          const overflowed = points.some((point) => point.attributes.overflow === "true");
          expect(overflowed).toBe(new Set(records.map(({ key }) => key)).size >= seriesLimit);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("puts a value on a boundary into the bucket that ends there", async () => {
    const meter = createSeriesMeter();
    const histogram = meter.createHistogram("seconds", { advice: { explicitBucketBoundaries: [1, 2, 4] } });
    for (const value of [0, 1, 1.5, 2, 3, 4, 5]) histogram.record(value);
    expect(histogramOf(await metricOf(meter, "seconds"))).toEqual({
      buckets: { boundaries: [1, 2, 4], counts: [2, 2, 2, 1] },
      sum: 16.5,
      count: 7,
    });
  });

  it("sorts boundaries and drops repeats, since a scrape with them would be invalid", async () => {
    const meter = createSeriesMeter();
    const advice = { explicitBucketBoundaries: [4, 1, 2, 1, Number.POSITIVE_INFINITY] };
    meter.createHistogram("seconds", { advice }).record(3);
    expect(histogramOf(await metricOf(meter, "seconds")).buckets.boundaries).toEqual([1, 2, 4]);
  });

  it("refuses what is no number or falls where nothing may fall, and counts it", async () => {
    const meter = createSeriesMeter();
    const counter = meter.createCounter("calls");
    const histogram = meter.createHistogram("seconds");
    counter.add(-1);
    counter.add(Number.NaN);
    counter.add("1" as unknown as number);
    histogram.record(-1);
    histogram.record(Number.NaN);
    histogram.record(Number.POSITIVE_INFINITY);
    expect(meter.refused).toBe(6);
    expect((await meter.collect()).metrics).toEqual([]);
  });

  it("keeps the latest linked observation of each bucket, and no count for linking", async () => {
    const meter = createSeriesMeter();
    const histogram = meter.createHistogram("seconds", { advice: { explicitBucketBoundaries: [1] } });
    for (const value of [0.5, 0.25, 7]) histogram.record(value, {});
    histogram.link(0.5, {}, trace);
    histogram.link(0.25, {}, { ...trace, spanId: "c".repeat(16) });
    const metric = await metricOf(meter, "seconds");
    expect(metric.dataPoints[0]?.exemplars).toEqual([{ ...trace, spanId: "c".repeat(16), value: 0.25 }, undefined]);
    expect(histogramOf(metric).count).toBe(3);
  });

  it("keeps no exemplars when told so", async () => {
    const meter = createSeriesMeter({ exemplars: false });
    const counter = meter.createCounter("calls");
    counter.add(1, {});
    counter.link(1, {}, trace);
    expect((await metricOf(meter, "calls")).dataPoints[0]?.exemplars).toBeUndefined();
  });

  it("gives the same instrument for the same name, and one that is not exported for another kind", async () => {
    const meter = createSeriesMeter();
    meter.createCounter("calls").add(1);
    meter.createCounter("calls").add(1);
    meter.createHistogram("calls").record(1);
    const { metrics } = await meter.collect();
    expect(metrics).toHaveLength(1);
    expect(metrics[0]?.dataPoints[0]?.value).toBe(2);
  });

  it("hands out copies: what is recorded later does not change what was collected", async () => {
    const meter = createSeriesMeter();
    const histogram = meter.createHistogram("seconds");
    histogram.record(1);
    const before = await metricOf(meter, "seconds");
    histogram.record(1);
    expect(histogramOf(before).count).toBe(1);
  });

  it.each([1, 0, 2.5, Number.NaN])("refuses %s as a limit of series", (seriesLimit) => {
    expect(() => createSeriesMeter({ seriesLimit })).toThrow(ConfigurationError);
  });
});

describe("observable instruments", () => {
  it("report what was observed this time and nothing older", async () => {
    const meter = createSeriesMeter();
    let sessions = ["a", "b"];
    meter.createObservableGauge("sessions").addCallback((result) => {
      for (const session of sessions) result.observe(1, { session });
    });
    expect((await metricOf(meter, "sessions")).dataPoints).toHaveLength(2);
    sessions = ["b"];
    expect((await metricOf(meter, "sessions")).dataPoints.map((point) => point.attributes)).toEqual([{ session: "b" }]);
  });

  it("lose only their own values when a callback throws, rejects or hangs", async () => {
    const clock = fakeClock();
    const meter = createSeriesMeter({ clock, callbackTimeoutMs: 1_000 });
    meter.createObservableGauge("throws").addCallback(() => {
      throw new Error("broken");
    });
    meter.createObservableGauge("rejects").addCallback(async () => {
      throw new Error("broken later");
    });
    meter.createObservableGauge("hangs").addCallback(() => new Promise(() => {}));
    meter.createObservableGauge("works").addCallback((result) => result.observe(7));
    meter.createCounter("calls").add(1);
    const collecting = meter.collect();
    await clock.advance(1_000);
    const { metrics, errors } = await collecting;
    expect(metrics.map((metric) => metric.descriptor.name).sort()).toEqual(["calls", "works"]);
    expect(errors).toHaveLength(3);
  });

  it("are observed together by a batch callback until it is removed", async () => {
    const meter = createSeriesMeter();
    const used = meter.createObservableUpDownCounter("used");
    const total = meter.createObservableCounter("total");
    const callback: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
      result.observe(used, -1);
      result.observe(total, 10);
    };
    meter.addBatchObservableCallback(callback, [used, total]);
    expect((await metricOf(meter, "used")).isMonotonic).toBe(false);
    expect((await metricOf(meter, "total")).isMonotonic).toBe(true);
    meter.removeBatchObservableCallback(callback, [used, total]);
    expect((await meter.collect()).metrics).toEqual([]);
  });

  it("are bounded like any other instrument", async () => {
    const meter = createSeriesMeter({ seriesLimit: 10 });
    meter.createObservableGauge("sessions").addCallback((result) => {
      for (let id = 0; id < 1_000; id++) result.observe(1, { id: String(id) });
    });
    expect((await metricOf(meter, "sessions")).dataPoints).toHaveLength(10);
  });
});
