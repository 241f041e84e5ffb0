import type { Counter, Histogram, MetricOptions, UpDownCounter } from "@opentelemetry/api";
import type { MetricDefinition } from "../names.ts";
import type { Outcome } from "../outcome.ts";
import type { TraceLink } from "./cells.ts";
import type { Linkable } from "./instruments.ts";
import { type LabelGetter, LabelSet } from "./label-set.ts";

/** What is needed of a meter. OpenTelemetry's own fits; it keeps no exemplars. */
export interface OutcomeMeter {
  createHistogram(name: string, options?: MetricOptions): Histogram & Partial<Linkable>;
  createCounter(name: string, options?: MetricOptions): Counter & Partial<Linkable>;
  createUpDownCounter(name: string, options?: MetricOptions): Pick<UpDownCounter, "add">;
}

/**
 * What is done with an outcome: it is counted when it ends, and linked to when its trace turns out to be kept. Both
 * walk the same recorders, so that an exemplar cannot land in another series or bucket than the count did.
 */
export type Pass = "count" | "link";

export type OutcomeLabels = Readonly<Record<string, LabelGetter<Outcome>>>;

/** A metric together with how its labels are read off an outcome. */
export interface OutcomeHistogram {
  record(value: number, outcome: Outcome, pass: Pass): void;
}

export interface OutcomeCounter {
  add(value: number, outcome: Outcome, pass: Pass): void;
}

export interface InstrumentFactory {
  histogram(definition: MetricDefinition, labels: OutcomeLabels): OutcomeHistogram;
  counter(definition: MetricDefinition, labels: OutcomeLabels): OutcomeCounter;
  upDown(definition: MetricDefinition): Pick<UpDownCounter, "add">;
  /** For metrics whose labels are not read off the outcome alone. */
  rawHistogram(definition: MetricDefinition): Histogram;
  rawCounter(definition: MetricDefinition): Counter;
  readonly seriesLimit: number;
}

/** Makes the instruments of definitions on one meter. */
export function createInstruments(
  meter: OutcomeMeter,
  seriesLimit: number,
  thresholds: Readonly<Record<string, readonly number[]>>,
): InstrumentFactory {
  const rawCounter = (definition: MetricDefinition): ReturnType<OutcomeMeter["createCounter"]> =>
    meter.createCounter(definition.name, { description: definition.description, unit: definition.unit });
  const rawHistogram = (definition: MetricDefinition): ReturnType<OutcomeMeter["createHistogram"]> =>
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
      return {
        record(value, outcome, pass) {
          const attributes = set.attributesOf(outcome);
          if (pass === "count") histogram.record(value, attributes);
          else histogram.link?.(value, attributes, linkTo(outcome));
        },
      };
    },
    counter(definition, labels) {
      const set = new LabelSet(labels, seriesLimit);
      const counter = rawCounter(definition);
      return {
        add(value, outcome, pass) {
          const attributes = set.attributesOf(outcome);
          if (pass === "count") counter.add(value, attributes);
          else counter.link?.(value, attributes, linkTo(outcome));
        },
      };
    },
  };
}

function linkTo({ traceId, spanId, startedAt, durationMs }: Outcome): TraceLink {
  return { traceId, spanId, timestampMs: startedAt + durationMs };
}

function boundaries({ buckets = [] }: MetricDefinition, thresholds: readonly number[] = []): number[] {
  return [...new Set([...buckets, ...thresholds])].sort((a, b) => a - b);
}
