import type { Clock } from "@flyball/core";
import type { Health } from "./types.ts";

/** Asks `check`, or remembers its last answer. */
export type HealthCheck = (options?: { readonly fresh?: boolean }) => Promise<Health>;

/**
 * Remembers an answer for `ttlMs`; callers that come while a check is under way share it. `fresh` asks anew, which
 * is the plain path, and its answer is remembered too.
 */
export function cachedHealth(check: () => Promise<Health>, ttlMs: number, clock: Clock): HealthCheck {
  let last: { readonly health: Health; readonly at: number } | undefined;
  let underWay: Promise<Health> | undefined;

  const ask = async (): Promise<Health> => {
    const health = await check();
    last = { health, at: clock.monotonic() };
    return health;
  };

  return async (options) => {
    if (options?.fresh) return ask();
    if (last && clock.monotonic() - last.at < ttlMs) return last.health;
    underWay ??= ask().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
