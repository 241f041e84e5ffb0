import type { OperationKind, SeriesWindow, TraceSummary, WindowPoint, WindowValues } from "@flyball/telemetry";

/** Which outcomes are read: all parts narrow it down. Times are milliseconds since the epoch. */
export interface ReadingsQuery {
  readonly kind?: OperationKind;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** With `to`: every minute that the stretch touches, at most a day. */
  readonly from?: number;
  readonly to?: number;
  /** Whole hours up to the running one, 1 to 744, in points of an hour. */
  readonly lastHours?: number;
}

/**
 * What alerting reads. The windows of telemetry (`telemetry.windows`) fit as they are; so does whatever else keeps
 * minutes of outcomes.
 */
export interface Readings {
  /** What happened in the stretch, by series. */
  series(query: ReadingsQuery): readonly SeriesWindow[];
  /** What happened, by minute or hour, oldest first, all series of the query as one. */
  points(query: ReadingsQuery): readonly WindowPoint[];
  /** What happened, all as one. Only for the words of a notice. */
  read?(query: ReadingsQuery): WindowValues;
}

/** Kept traces, for the link from an alert to a request that caused it. `telemetry.traces` fits. */
export interface TraceFinder {
  list(query: {
    readonly order: "slowest" | "failed";
    readonly kind?: OperationKind;
    readonly name?: string;
    readonly from?: number;
    readonly limit?: number;
  }): readonly Pick<TraceSummary, "traceId" | "name" | "durationMs" | "status" | "startedAt">[];
}
