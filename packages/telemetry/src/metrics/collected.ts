import type { Attributes, HrTime, ValueType } from "@opentelemetry/api";

/** The numbers of OpenTelemetry's `DataPointType`. Exponential histograms (1) are not made here. */
export const pointType = { histogram: 0, gauge: 2, sum: 3 } as const;

/**
 * Metrics at one moment, in the shape of OpenTelemetry's own `MetricData`, so that what this package collects and
 * what an OpenTelemetry reader collects are serialised and exported by the same code.
 */
export interface CollectedMetric {
  readonly descriptor: {
    readonly name: string;
    readonly description: string;
    readonly unit: string;
    readonly valueType: ValueType;
  };
  /** OpenTelemetry's `AggregationTemporality`; 1 is cumulative. */
  readonly aggregationTemporality: number;
  /** OpenTelemetry's `DataPointType`, see {@link pointType}. */
  readonly dataPointType: number;
  /** Sums only: whether they never fall. */
  readonly isMonotonic?: boolean;
  readonly dataPoints: readonly CollectedPoint[];
}

export interface CollectedPoint {
  readonly attributes: Attributes;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly value: number | HistogramValue;
  /** By bucket; counters have one at 0. OpenTelemetry's own points have none. */
  readonly exemplars?: readonly (Exemplar | undefined)[];
}

export interface HistogramValue {
  readonly buckets: { readonly boundaries: number[]; readonly counts: number[] };
  readonly sum?: number;
  readonly count: number;
}

/** The latest observation of a bucket or counter whose trace can be looked up. */
export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestampMs: number;
}
