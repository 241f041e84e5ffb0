import type { Clock, Logger } from "@flyball/core";
import type { Coordinator, Store } from "@flyball/storage";
import type { Channel } from "./channels/types.ts";
import type { RetryPolicy } from "./delivery/backoff.ts";
import type { Maintenance } from "./delivery/maintenance.ts";
import type { Route } from "./delivery/route.ts";
import type { Readings, TraceFinder } from "./readings.ts";
import type { Rule } from "./rule.ts";

export interface AlertingOptions {
  readonly rules: readonly Rule[];
  /** Labels of the service's own that rules may use: what `createTelemetry({ labels })` was given. */
  readonly labels?: readonly string[];
  /** `telemetry.windows` fits. */
  readonly readings: Readings;
  readonly channels: readonly Channel[];
  /** The first that fits an alert says where it goes. Default: everything to every channel. */
  readonly routes?: readonly Route[];
  /** Opened with `alertingMigrations`. Without one nothing survives a restart. It is never closed here. */
  readonly store?: Store;
  /**
   * Makes replicas on several machines tell people once. Default: the processes that share the store agree through it.
   * It is never closed here.
   */
  readonly coordinator?: Coordinator;
  /** For the link to the request that caused an alert; `telemetry.traces` fits. */
  readonly traces?: TraceFinder;
  /** Where a trace is looked at, with `{traceId}` in it. */
  readonly traceUrl?: string;
  /** Least time between two beginnings of one alert that people are told of, minutes. Default 30. */
  readonly cooldown?: number;
  /** How often an alert that goes on is told again, minutes; 0 never. Default 240. */
  readonly repeat?: number;
  readonly maintenance?: readonly Maintenance[];
  readonly watchdog?: WatchdogOptions;
  readonly retry?: RetryPolicy;
  /** How long after a minute's end it is judged, milliseconds: other processes have written theirs by then. Default 5,000. */
  readonly evaluateAfterMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** A notice that says that alerting works: whoever misses it knows that something does not. */
export interface WatchdogOptions {
  /** Minutes. Default 1,440. */
  readonly every?: number;
  /** Default: all. */
  readonly channels?: readonly string[];
}
