import { type Clock, ConfigurationError, systemClock, withDeadline } from "@flyball/core";
import type { Counter, Histogram, HrTime, Meter, MetricOptions } from "@opentelemetry/api";
import { diag, ValueType } from "@opentelemetry/api";
import type { CollectedMetric } from "./collected.ts";
import { type Instrument, type InstrumentSetup, type Linkable, SeriesHistogram, SeriesNumber } from "./instruments.ts";
import { Callbacks, Reading, SeriesObservable } from "./observables.ts";

export interface SeriesMeterOptions {
  /** Most series of one instrument, the overflow series included. Default 2,000. */
  readonly seriesLimit?: number;
  /** Keep the latest linked observation of each bucket. Default true. */
  readonly exemplars?: boolean;
  /** How long an asynchronous callback may take at a collection, milliseconds. Default 1,000. */
  readonly callbackTimeoutMs?: number;
  readonly clock?: Clock;
}

/** What one collection gave. */
interface Collected {
  readonly metrics: CollectedMetric[];
  /** What callbacks threw; their values are missing, all others are there. */
  readonly errors: readonly unknown[];
}

/** A meter of OpenTelemetry's API that keeps its values itself and gives them out when asked. */
export interface SeriesMeter extends Meter {
  createHistogram(name: string, options?: MetricOptions): Histogram & Linkable;
  createCounter(name: string, options?: MetricOptions): Counter & Linkable;
  collect(): Promise<Collected>;
  /** Values refused since the start: not numbers, or negative where none may be. */
  readonly refused: number;
}

/** OpenTelemetry's default boundaries, for histograms that bring no advice. */
const defaultBoundaries = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

/**
 * Makes a meter whose instruments cost a Map lookup and an addition a record when the caller keeps one frozen
 * attributes object per series; any other attributes work too, at the SDK's price. It needs no OpenTelemetry SDK,
 * bounds the series of every instrument, and keeps exemplars, which OpenTelemetry's SDK does not.
 */
export function createSeriesMeter(options: SeriesMeterOptions = {}): SeriesMeter {
  const { seriesLimit = 2_000, exemplars = true, callbackTimeoutMs = 1_000, clock = systemClock } = options;
  if (!Number.isInteger(seriesLimit) || seriesLimit < 2) {
    throw new ConfigurationError("metrics.seriesLimit", seriesLimit, "an integer of at least 2");
  }
  const startTime = toHrTime(clock.now());
  const instruments = new Map<string, { readonly kind: string; readonly instrument: object }>();
  const callbacks = new Callbacks();
  let refused = 0;

  function setup(name: string, options: MetricOptions = {}): InstrumentSetup {
    const { description = "", unit = "", valueType = ValueType.DOUBLE } = options;
    const refuse = (): void => void refused++;
    return { descriptor: { name, description, unit, valueType }, seriesLimit, exemplars, refuse };
  }

  /** One name is one instrument, as the API wants it: asking again gives the same one. */
  function once<T extends object>(kind: string, name: string, create: () => T): T {
    const known = instruments.get(name);
    if (known?.kind === kind) return known.instrument as T;
    const instrument = create();
    if (known) diag.warn(`metric ${name} is a ${known.kind} already; what is recorded as ${kind} is not exported`);
    else instruments.set(name, { kind, instrument });
    return instrument;
  }
  const observable = (sort: "counter" | "updown" | "gauge", name: string, options?: MetricOptions): SeriesObservable =>
    once(`observable ${sort}`, name, () => new SeriesObservable(setup(name, options), sort, callbacks));
  const number = (sort: "counter" | "updown" | "gauge", name: string, options?: MetricOptions): SeriesNumber =>
    once(sort, name, () => new SeriesNumber(setup(name, options), sort));

  return {
    createHistogram: (name, options) =>
      once("histogram", name, () => new SeriesHistogram(setup(name, options), boundariesOf(options))),
    createCounter: (name, options) => number("counter", name, options),
    createUpDownCounter: (name, options) => number("updown", name, options),
    createGauge: (name, options) => number("gauge", name, options),
    createObservableCounter: (name, options) => observable("counter", name, options),
    createObservableUpDownCounter: (name, options) => observable("updown", name, options),
    createObservableGauge: (name, options) => observable("gauge", name, options),
    addBatchObservableCallback: (callback, observables) => callbacks.addBatch(callback, observables),
    removeBatchObservableCallback: (callback, observables) => callbacks.remove(callback, observables),
    get refused() {
      return refused;
    },
    async collect() {
      const reading = new Reading();
      const settled = await Promise.allSettled(
        callbacks.run(reading).map((done) => withDeadline(done, callbackTimeoutMs, "metric callback", clock)),
      );
      const endTime = toHrTime(clock.now());
      const metrics: CollectedMetric[] = [];
      for (const { instrument } of instruments.values()) {
        if ("collect" in instrument) metrics.push((instrument as Instrument).collect(startTime, endTime));
      }
      metrics.push(...reading.collect(startTime, endTime));
      return {
        metrics: metrics.filter((metric) => metric.dataPoints.length > 0),
        errors: settled.flatMap((one) => (one.status === "rejected" ? [one.reason] : [])),
      };
    },
  };
}

/** Sorted and without repeats, because a bucket given twice or out of order makes a scrape invalid. */
function boundariesOf(options: MetricOptions | undefined): number[] {
  const advice = options?.advice?.explicitBucketBoundaries ?? defaultBoundaries;
  return [...new Set(advice.filter(Number.isFinite))].sort((a, b) => a - b);
}

function toHrTime(ms: number): HrTime {
  return [Math.trunc(ms / 1000), Math.round((ms % 1000) * 1e6)];
}
