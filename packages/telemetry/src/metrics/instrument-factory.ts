import type { Attributes, Context, MetricOptions, UpDownCounter } from "@opentelemetry/api";
import type { MetricDefinition } from "../names.ts";
import type { Outcome } from "../outcome.ts";
import type { TraceLink } from "./cells.ts";
import type { LinkedCounter, LinkedHistogram } from "./instruments.ts";
import { type LabelGetter, LabelSet } from "./label-set.ts";

/** What is needed of a meter. OpenTelemetry's own fits, and ignores the trace links. */
export interface OutcomeMeter {
  createHistogram(name: string, options?: MetricOptions): LinkedHistogram;
  createCounter(name: string, options?: MetricOptions): LinkedCounter;
  createUpDownCounter(
    name: string,
    options?: MetricOptions,
  ): {
    add(value: number, attributes?: Attributes, context?: Context): void;
  };
}

export type OutcomeLabels = Readonly<Record<string, LabelGetter<Outcome>>>;

/** A metric together with how its labels are read off an outcome. */
export interface OutcomeHistogram {
  record(value: number, outcome: Outcome, link?: TraceLink): void;
}

export interface OutcomeCounter {
  add(value: number, outcome: Outcome, link?: TraceLink): void;
}

export interface InstrumentFactory {
  histogram(definition: MetricDefinition, labels: OutcomeLabels): OutcomeHistogram;
  counter(definition: MetricDefinition, labels: OutcomeLabels): OutcomeCounter;
  upDown(definition: MetricDefinition): Pick<UpDownCounter, "add">;
  /** For metrics whose labels are not read off the outcome alone. */
  rawHistogram(definition: MetricDefinition): LinkedHistogram;
  rawCounter(definition: MetricDefinition): LinkedCounter;
  readonly seriesLimit: number;
}

/** Makes the instruments of definitions on one meter. */
export function createInstruments(
  meter: OutcomeMeter,
  seriesLimit: number,
  thresholds: Readonly<Record<string, readonly number[]>>,
): InstrumentFactory {
  const rawCounter = (definition: MetricDefinition): LinkedCounter =>
    meter.createCounter(definition.name, { description: definition.description, unit: definition.unit });
  const rawHistogram = (definition: MetricDefinition): LinkedHistogram =>
    meter.createHistogram(definition.name, {
      description: definition.description,
      unit: definition.unit,
      advice: { explicitBucketBoundaries: boundaries(definition, thresholds[definition.prometheus]) },
    });
  return {
    seriesLimit,
    rawCounter,
    rawHistogram,
    upDown: ({ name, description, unit }) => meter.createUpDownCounter(name, { description, unit }),
    histogram(definition, labels) {
      const set = new LabelSet(labels, seriesLimit);
      const histogram = rawHistogram(definition);
      return { record: (value, outcome, link) => histogram.record(value, set.attributesOf(outcome), undefined, link) };
    },
    counter(definition, labels) {
      const set = new LabelSet(labels, seriesLimit);
      const counter = rawCounter(definition);
      return { add: (value, outcome, link) => counter.add(value, set.attributesOf(outcome), undefined, link) };
    },
  };
}

function boundaries({ buckets = [] }: MetricDefinition, thresholds: readonly number[] = []): number[] {
  return [...new Set([...buckets, ...thresholds])].sort((a, b) => a - b);
}
