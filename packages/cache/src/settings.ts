import { ConfigurationError, systemClock } from "@flyball/core";
import { scopeName } from "./key.ts";
import { hour } from "./levels/level-context.ts";
import type { CacheOptions, CallOptions } from "./options.ts";

/** Times of one call, all of them known. */
export interface Times {
  readonly staleWhileRevalidateMs: number;
  readonly graceMs: number;
  readonly softTimeoutMs: number;
  readonly hardTimeoutMs: number;
  readonly refreshAhead: number;
  readonly errorTtlMs: number;
}

/** A cache's options, checked, with all defaults filled in. */
export interface Settings {
  readonly name: string;
  readonly ttlMs: number;
  readonly times: Times;
  readonly ttlJitter: number;
  readonly leaseMs: number;
  readonly syncMs: number;
  readonly coordinatorDeadlineMs: number;
  readonly random: () => number;
  readonly clock: NonNullable<CacheOptions["clock"]>;
}

const never: number = Number.POSITIVE_INFINITY;

/** @throws ConfigurationError naming the option */
export function checkSettings(options: CacheOptions): Settings {
  const { name = "cache", ttlJitter = 0.1, refreshAhead, random = Math.random, clock = systemClock } = options;
  if (!(ttlJitter >= 0 && ttlJitter < 1)) {
    throw new ConfigurationError("cache.ttlJitter", ttlJitter, "a number from 0 up to 1");
  }
  if (refreshAhead !== undefined && !(refreshAhead > 0 && refreshAhead < 1)) {
    throw new ConfigurationError("cache.refreshAhead", refreshAhead, "a number between 0 and 1");
  }
  return {
    name: scopeName(name),
    ttlMs: atLeast(options, "ttlMs", 24 * hour, 0),
    times: {
      staleWhileRevalidateMs: atLeast(options, "staleWhileRevalidateMs", 0, 0),
      graceMs: atLeast(options, "graceMs", 0, 0),
      softTimeoutMs: atLeast(options, "softTimeoutMs", never, 0),
      hardTimeoutMs: atLeast(options, "hardTimeoutMs", never, 1),
      refreshAhead: refreshAhead ?? 1,
      errorTtlMs: atLeast(options, "errorTtlMs", 0, 0),
    },
    ttlJitter,
    leaseMs: atLeast(options, "leaseMs", 3_000, 10),
    syncMs: atLeast(options, "syncMs", 1_000, 1),
    coordinatorDeadlineMs: atLeast(options, "coordinatorDeadlineMs", 100, 1),
    random,
    clock,
  };
}

type NumberOption = {
  [K in keyof CacheOptions]: CacheOptions[K] extends number | undefined ? K : never;
}[keyof CacheOptions];

function atLeast(
  options: CacheOptions,
  name: NumberOption & keyof CacheOptions,
  fallback: number,
  least: number,
): number {
  const value = (options[name] as number | undefined) ?? fallback;
  if (typeof value === "number" && value >= least) return value;
  throw new ConfigurationError(`cache.${name}`, value, `a number of at least ${least}`);
}

/**
 * The times of a call. What is no number of at least zero falls back to the cache's own: a computed timeout that came
 * out as NaN must not break the call that it was meant to guard.
 */
export function timesOf(options: CallOptions<unknown> | undefined, defaults: Times): Times {
  if (options === undefined) return defaults;
  const { staleWhileRevalidateMs, graceMs, softTimeoutMs, hardTimeoutMs, refreshAhead, errorTtlMs } = options;
  return {
    staleWhileRevalidateMs: usable(staleWhileRevalidateMs, defaults.staleWhileRevalidateMs),
    graceMs: usable(graceMs, defaults.graceMs),
    softTimeoutMs: usable(softTimeoutMs, defaults.softTimeoutMs),
    hardTimeoutMs: usable(hardTimeoutMs, defaults.hardTimeoutMs),
    refreshAhead: usable(refreshAhead, defaults.refreshAhead),
    errorTtlMs: usable(errorTtlMs, defaults.errorTtlMs),
  };
}

function usable(value: number | undefined, fallback: number): number {
  return value !== undefined && value >= 0 ? value : fallback;
}
