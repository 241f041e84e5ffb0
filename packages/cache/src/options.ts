import type { Clock, Logger } from "@flyball/core";
import type { Coordinator } from "@flyball/storage";
import type { Telemetry } from "@flyball/telemetry";
import type { LevelFactory } from "./levels/level-context.ts";
import type { MaybePromise } from "./types.ts";

/** How long answers live, and what happens when a new one is late. All times in milliseconds. */
export interface Lifetimes {
  /**
   * How long an answer is fresh. Each level keeps it for this long or its own limit, whichever is shorter. Zero or
   * less: it is not kept. Default 24 hours.
   */
  readonly ttlMs?: number;
  /** For so long after its time an answer is still given at once, while a new one is computed behind it. Default 0. */
  readonly staleWhileRevalidateMs?: number;
  /** For so long after its time an answer stands in when computing fails or passes the soft timeout. Default 0. */
  readonly graceMs?: number;
  /** How long to wait for a computation before an answer in its grace is given instead. Default: until it ends. */
  readonly softTimeoutMs?: number;
  /** How long to wait for a computation at all; then a TimeoutError. Default: until it ends. */
  readonly hardTimeoutMs?: number;
  /** A hit after this share of the time to live starts a refresh behind it; between 0 and 1. Default: none does. */
  readonly refreshAhead?: number;
  /** How long a failure is remembered and given to whoever asks, in this process. Default 0: not at all. */
  readonly errorTtlMs?: number;
}

/** Options of one call. */
export interface CallOptions<T> extends Omit<Lifetimes, "ttlMs"> {
  /** As in the cache's options, or by the answer: `(answer) => (answer === null ? 5_000 : 60_000)`. */
  readonly ttlMs?: number | ((value: T) => number);
  /** What the answer depends on: `cache.invalidate(tag)` forgets all answers with a tag. */
  readonly tags?: readonly string[];
  /** Computes without looking, keeping or sharing anything. Default false. */
  readonly bypass?: boolean;
  /** Computes and keeps the answer without looking for an old one. Default false. */
  readonly refresh?: boolean;
  /** What computing the answer cost, US dollars: what each hit will have saved. */
  readonly costOf?: (value: T) => number | undefined;
}

/** What a computation is given. */
export interface ComputeContext {
  /** Aborted when nobody waits any longer: at the hard timeout, and when the cache is closed. */
  readonly signal: AbortSignal;
}

export type Compute<T> = (context: ComputeContext) => MaybePromise<T>;

export interface CacheOptions extends Lifetimes {
  /** Names the cache in keys, statistics and metrics. Default `cache`. */
  readonly name?: string;
  /** From the fastest to the slowest. Default: memory alone. */
  readonly levels?: readonly LevelFactory[];
  /**
   * How processes agree: one of them computes, and what one invalidates all forget. Needed for tags and `clear()` as
   * soon as a level outlives the process. Not closed by the cache.
   */
  readonly coordinator?: Coordinator;
  /** Where each look-up is recorded. */
  readonly telemetry?: Telemetry;
  /** The share by which times to live are shortened at random, so that answers do not all end at once. Default 0.1. */
  readonly ttlJitter?: number;
  /** Whether one process computes for all, where there is a coordinator. Default true. */
  readonly lease?: boolean;
  /** How long a process that died while computing keeps the others from it, milliseconds. Default 3,000. */
  readonly leaseMs?: number;
  /** How often a missed invalidation is looked for, milliseconds: it is found after twice this. Default 1,000. */
  readonly syncMs?: number;
  /** Longest time of one question to the coordinator, milliseconds. Default 100. */
  readonly coordinatorDeadlineMs?: number;
  /** Most keys of the miss-ratio curve behind `advise()`; 0 switches it off. Default 2,048. */
  readonly adviceKeys?: number;
  /** How many of the most used keys are remembered for `warm({ history })`; they are kept readable. Default 0. */
  readonly historyKeys?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Gives numbers from 0 up to 1. Default `Math.random`. */
  readonly random?: () => number;
}
