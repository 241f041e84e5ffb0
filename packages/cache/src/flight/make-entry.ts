import { longestKeepMs } from "../levels/byte-level.ts";
import type { CacheParts } from "../parts.ts";
import type { Entry } from "../types.ts";
import type { Order } from "./flights.ts";

/** Runs the computation and makes the entry of its answer. An entry that is to be kept for no time ends as it begins. */
export async function makeEntry(
  parts: CacheParts,
  { compute, options, times }: Order,
  about: Pick<Entry, "tags" | "epochs">,
  signal: AbortSignal,
): Promise<Entry> {
  const { clock, settings } = parts;
  const createdAt = parts.stamps.computation();
  const began = clock.monotonic();
  const value = await compute({ signal });
  const computeMs = clock.monotonic() - began;
  const asked = ttlOf(parts, options?.ttlMs, value);
  const ttlMs = asked > 0 ? Math.min(asked, longestKeepMs) * (1 - settings.ttlJitter * settings.random()) : 0;
  // From the end of the computation on: one that takes longer than its answer lives would be kept for nothing.
  const expiresAt = ttlMs > 0 ? clock.now() + ttlMs : createdAt;
  const staleMs = Math.min(longestKeepMs, Math.max(times.staleWhileRevalidateMs, times.graceMs));
  return {
    value,
    createdAt,
    expiresAt,
    staleUntil: expiresAt + staleMs,
    computeMs,
    usd: costOf(parts, options?.costOf, value),
    ...about,
  };
}

type ByValue = (value: unknown) => number | undefined;

/** A time to live that is no number, or whose function throws, is the cache's own. */
function ttlOf({ settings, failures }: CacheParts, ttlMs: number | ByValue | undefined, value: unknown): number {
  try {
    const asked = typeof ttlMs === "function" ? ttlMs(value) : ttlMs;
    if (asked === undefined) return settings.ttlMs;
    if (typeof asked === "number" && !Number.isNaN(asked)) return asked;
    failures.report("cache ttlMs", new TypeError("a time to live that is not a number"));
  } catch (error) {
    failures.report("cache ttlMs", error);
  }
  return settings.ttlMs;
}

function costOf({ failures }: CacheParts, cost: ByValue | undefined, value: unknown): number | undefined {
  try {
    const usd = cost?.(value);
    return typeof usd === "number" && Number.isFinite(usd) && usd >= 0 ? usd : undefined;
  } catch (error) {
    failures.report("cache costOf", error);
    return undefined;
  }
}
