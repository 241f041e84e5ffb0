/** What Prometheus' text format knows. OpenMetrics' further types are mapped onto these when they are read. */
export type FamilyType = "counter" | "gauge" | "histogram" | "summary" | "untyped";

/** What samples of a family may be called beside the family's own name. */
export const sampleSuffixes: Readonly<Record<FamilyType, readonly string[]>> = {
  counter: [],
  gauge: [],
  untyped: [],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["_sum", "_count"],
};

/** A single observation that stands for its series or bucket, with the trace that made it. */
export interface SampleExemplar {
  /** Label text without braces: `trace_id="…",span_id="…"`. */
  readonly labels: string;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestampMs?: number;
}

/** One line of an exposition. */
export interface Sample {
  /** Name and labels as they are written: `a_bucket{le="0.1"}`. */
  readonly series: string;
  readonly value: number;
  /** Milliseconds since the epoch; absent for "now". */
  readonly timestampMs?: number;
  readonly exemplar?: SampleExemplar;
}

/** All samples under one name, with what is said about them. */
export interface Family {
  /** As Prometheus' own text format names it: counters with their `_total`. */
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
  /** `seconds`, `bytes`, …; written in OpenMetrics when the name ends with it. */
  readonly unit?: string;
  readonly samples: readonly Sample[];
}

/** Something that can be asked for families at any time. */
export interface MetricsSource {
  /** Names the source where its failures are counted. */
  readonly name: string;
  collect(): Promise<SourceReading> | SourceReading;
}

/** What a source gave. Failures inside a source that cost only a part of it are counted, not thrown. */
export interface SourceReading {
  readonly families: readonly Family[];
  /** Parts that could not be read: collectors that threw, lines that are no samples. Default 0. */
  readonly failures?: number;
}

export type ExpositionFormat = "prometheus" | "openmetrics";
