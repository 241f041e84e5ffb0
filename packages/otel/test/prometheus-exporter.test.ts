import {
  createOutcomeMetrics,
  createSeriesMeter,
  type Family,
  type Outcome,
  type OutcomeMeter,
  parseExposition,
  renderExposition,
  serializeMetrics,
} from "@flyball/telemetry";
import { type Attributes, type Meter, ValueType } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { DataPointType, MeterProvider } from "@opentelemetry/sdk-metrics";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";

/** One thing that a service may do with a meter. */
interface Action {
  readonly kind: "counter" | "updown" | "gauge" | "histogram";
  readonly value: number;
  readonly attributes: Attributes;
}

const key = fc.constantFrom("node", "status", "http.route", "gen_ai.request.model");
const attributeValue = fc.oneof(fc.string({ unit: "binary", minLength: 1, maxLength: 12 }), fc.boolean(), fc.integer());
const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom("counter", "updown", "gauge", "histogram"),
  value: fc.double({ min: 0, max: 200, noNaN: true }),
  attributes: fc.dictionary(key, attributeValue, { maxKeys: 3 }),
});

function perform(meter: Meter, actions: readonly Action[]): void {
  const counter = meter.createCounter("calls", { description: "Calls.", unit: "{call}" });
  const updown = meter.createUpDownCounter("queue.size", { description: "Waiting." });
  const gauge = meter.createGauge("temperature");
  const histogram = meter.createHistogram("duration", {
    description: 'How "long" \\ it\ntook.',
    advice: { explicitBucketBoundaries: [0.1, 1, 10, 100] },
    valueType: ValueType.DOUBLE,
  });
  for (const { kind, value, attributes } of actions) {
    if (kind === "counter") counter.add(value, attributes);
    else if (kind === "updown") updown.add(value - 100, attributes);
    else if (kind === "gauge") gauge.record(value, attributes);
    else histogram.record(value, attributes);
  }
}

function sdk(): { readonly meter: Meter; readonly exporter: PrometheusExporter } {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  return { exporter, meter: new MeterProvider({ readers: [exporter] }).getMeter("test") };
}

/** Families by name with their samples sorted: order is not what the two must agree on. */
function comparable(families: readonly Family[]): unknown {
  return families
    .map(({ name, type, help, samples }) => ({
      name,
      type,
      help,
      samples: samples.map(({ series, value }) => `${series} ${value}`).sort(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

describe("@opentelemetry/exporter-prometheus", () => {
  it("its serializer and ours say the same of what its reader collected", async () => {
    const theirs = new PrometheusSerializer("", false, undefined, true, true);
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const { meter, exporter } = sdk();
        perform(meter, actions);
        const { resourceMetrics } = await exporter.collect();
        const metrics = resourceMetrics.scopeMetrics
          .flatMap((scope) => scope.metrics)
          .filter((metric) => metric.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM);
        const ours = serializeMetrics(metrics).map((family) =>
          // Where there is no description, theirs says so and ours repeats the name.
          family.help === "temperature" ? { ...family, help: "description missing" } : family,
        );
        const text = theirs.serialize(resourceMetrics).toWellFormed();
        const expected = parseExposition(text);
        expect(expected.malformed).toBe(0);
        expect(comparable(parseExposition(renderExposition(ours, "prometheus")).families)).toEqual(
          comparable(expected.families),
        );
      }),
      { numRuns: 100 },
    );
  });

  it("its reader and our meter collect the same from the same calls", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), fc.boolean(), async (actions, frozen) => {
        const prepared = frozen
          ? actions.map((one) => ({ ...one, attributes: Object.freeze({ ...one.attributes }) }))
          : actions;
        const { meter, exporter } = sdk();
        const own = createSeriesMeter();
        perform(meter, prepared);
        perform(own, prepared);
        const { resourceMetrics } = await exporter.collect();
        const theirs = resourceMetrics.scopeMetrics
          .flatMap((scope) => scope.metrics)
          .filter((metric) => metric.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM);
        const { metrics } = await own.collect();
        expect(comparable(serializeMetrics(metrics))).toEqual(comparable(serializeMetrics(theirs)));
      }),
      { numRuns: 100 },
    );
  });

  it("its meter takes outcomes as ours does, so that a host's own can be used", async () => {
    expectTypeOf<Meter>().toExtend<OutcomeMeter>();
    const { meter, exporter } = sdk();
    const own = createSeriesMeter();
    for (const one of [meter, own]) {
      const metrics = createOutcomeMetrics({ meter: one });
      for (const status of ["ok", "error", "ok"] as const) {
        const outcome: Outcome = {
          kind: "model",
          name: "gpt-x",
          model: "gpt-x",
          provider: "openai",
          status,
          startedAt: 0,
          durationMs: 250,
          traceId: "a".repeat(32),
          spanId: "b".repeat(16),
          parentSpanId: undefined,
          run: { runId: "run-1", workflow: "fir" },
          usage: { inputTokens: 10, outputTokens: 2 },
          cost: { priced: true, usd: 0.5, priceTable: "test" },
        };
        metrics.record(outcome);
        metrics.kept(outcome);
      }
      expect(metrics.failures).toBe(0);
    }
    const { resourceMetrics } = await exporter.collect();
    const theirs = resourceMetrics.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .filter((metric) => metric.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM);
    const { metrics } = await own.collect();
    expect(metrics.length).toBeGreaterThan(5);
    expect(comparable(serializeMetrics(metrics))).toEqual(comparable(serializeMetrics(theirs)));
  });
});
