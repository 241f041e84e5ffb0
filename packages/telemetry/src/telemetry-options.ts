import type { Clock, Logger } from "@flyball/core";
import type { Store } from "@flyball/storage";
import type { Tracer } from "@opentelemetry/api";
import type { ContentOptions } from "./content.ts";
import type { Profile } from "./names.ts";
import type { OperationKind, Outcome } from "./outcome.ts";
import type { Prices } from "./prices/prices.ts";
import type { SamplingOptions } from "./traces/sampling.ts";
import type { TraceReader } from "./traces/trace-reader.ts";
import type { Telemetry } from "./types.ts";
import type { WindowReader } from "./windows/window-reader.ts";

/** Something outcomes are handed to, for example OpenTelemetry metrics. It may throw; nobody but it suffers. */
export interface OutcomeRecorder {
  record(outcome: Outcome): void;
  /** The outcome's trace is kept in the store: exemplars may point to it. Called after `record`. */
  kept?(outcome: Outcome): void;
  /** An operation began. */
  started?(kind: OperationKind): void;
  /** An operation that began has ended, or was recorded as ended. */
  ended?(kind: OperationKind): void;
}

export interface WindowOptions {
  /** Most series in memory; further ones share an overflow series per kind. Default 2,000. */
  readonly maxSeries?: number;
  /** Most series that are stored. Default 1,000. */
  readonly maxStoredSeries?: number;
  /** Closed minutes kept in memory. Default 60 with a store, 1,440 without. */
  readonly memoryMinutes?: number;
  /** Most bytes of closed minutes in memory; the oldest give way. Default 64 MiB. */
  readonly memoryBytes?: number;
}

export interface TelemetryOptions {
  /** Where windows and traces are kept. Without one windows live in memory and traces are not kept. */
  readonly store?: Store;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Which GenAI conventions spans follow. Default `v1.41`. */
  readonly profile?: Profile;
  /** Prompt and answer capture; off by default. */
  readonly content?: ContentOptions;
  /** Where spans are started. Default: the process's OpenTelemetry provider, whenever there is one. */
  readonly tracer?: Tracer;
  readonly recorders?: readonly OutcomeRecorder[];
  /** Prices what carries usage and no cost. Default: the offline price list. */
  readonly prices?: Prices;
  /** Keys of `outcome.labels` that are part of a window's series, beside the known ones. Values must be few. */
  readonly labels?: readonly string[];
  readonly windows?: WindowOptions;
  readonly sampling?: SamplingOptions;
}

/** What telemetry knows about itself, for `/metrics` and for people who look for what is missing. */
export interface TelemetryStats {
  /** Outcomes recorded since the start. */
  readonly outcomes: number;
  /** Window series in memory. */
  readonly series: number;
  readonly tracesKept: number;
  /** What did not fit a bound, by place. */
  readonly dropped: {
    /** Outcomes counted in an overflow series. */
    readonly overflowed: number;
    /** Minutes of series beyond the stored ones. */
    readonly unstoredMinutes: number;
    /** Minutes the writer's queue had no room for. */
    readonly minutes: number;
    readonly traces: number;
    readonly spans: number;
    /** Statements the store's writer had no room for, whoever sent them. */
    readonly writes: number;
  };
  /** Statements that the database refused. */
  readonly failedWrites: number;
  /** Failures inside telemetry that the pipeline never saw, by cause: `listener`, `recorder`, `span`, … */
  readonly failures: Readonly<Record<string, number>>;
}

/** Telemetry with what it kept. */
export interface TelemetryService extends Telemetry {
  readonly windows: WindowReader;
  /** Undefined without a store. */
  readonly traces: TraceReader | undefined;
  readonly prices: Prices;
  stats(): TelemetryStats;
}
