import type { Cache, LevelStats } from "@flyball/cache";
import type { MetricDefinition } from "@flyball/telemetry";
import type { Meter } from "@opentelemetry/api";

type CacheMetric = "bytes" | "entries" | "available" | "evictions" | "writeErrors";

/** What of a cache no outcome says. Look-ups, their time and what they saved are on `/metrics` as outcomes are. */
const cacheMetrics: Readonly<Record<CacheMetric, MetricDefinition>> = {
  bytes: {
    name: "flyball.cache.bytes",
    prometheus: "flyball_cache_bytes",
    type: "gauge",
    unit: "By",
    description: "Bytes that a level of a cache takes, by cache and level, where the level knows.",
  },
  entries: {
    name: "flyball.cache.entries",
    prometheus: "flyball_cache_entries",
    type: "gauge",
    unit: "{entry}",
    description: "Entries in a level of a cache, by cache and level, where the level knows.",
  },
  available: {
    name: "flyball.cache.available",
    prometheus: "flyball_cache_available",
    type: "gauge",
    unit: "1",
    description: "1 while a level of a cache answers, else 0, by cache and level.",
  },
  evictions: {
    name: "flyball.cache.evictions",
    prometheus: "flyball_cache_evictions_total",
    type: "counter",
    unit: "{entry}",
    description: "Entries that gave way to others, by cache and level.",
  },
  writeErrors: {
    name: "flyball.cache.write_errors",
    prometheus: "flyball_cache_write_errors_total",
    type: "counter",
    unit: "{error}",
    description: "Writes into a level of a cache that failed, by cache and level.",
  },
};

const readings: Readonly<Record<CacheMetric, (level: LevelStats) => number | undefined>> = {
  bytes: ({ bytes }) => bytes,
  entries: ({ entries }) => entries,
  available: ({ available }) => (available ? 1 : 0),
  evictions: ({ evictions }) => evictions,
  writeErrors: ({ writeErrors }) => writeErrors,
};

/** Puts a cache's levels on `/metrics`: read at each scrape, free in between. */
export function observeCache(meter: Meter, cache: Cache): void {
  for (const [metric, { name, type, description, unit }] of Object.entries(cacheMetrics)) {
    const options = { description, unit };
    const instrument =
      type === "counter" ? meter.createObservableCounter(name, options) : meter.createObservableGauge(name, options);
    instrument.addCallback((result) => {
      for (const [level, stats] of Object.entries(cache.stats().levels)) {
        const value = readings[metric as CacheMetric](stats);
        if (value !== undefined) result.observe(value, { cache: cache.name, level });
      }
    });
  }
}
