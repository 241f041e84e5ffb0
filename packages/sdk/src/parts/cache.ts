import type { Cache } from "@flyball/cache";
import { type Clock, type Logger, newRunId } from "@flyball/core";
import type { Coordinator, Store } from "@flyball/storage";
import type { Telemetry } from "@flyball/telemetry";
import type { Meter } from "@opentelemetry/api";
import { LazyNamespace, within } from "../cache/lazy-view.ts";
import { cacheLevels } from "../cache/levels.ts";
import { observeCache } from "../cache/observe.ts";
import type { ServiceCache } from "../cache/service-cache.ts";
import { writeSnapshot } from "../cache/snapshots.ts";
import type { Configuration } from "../config/configuration.ts";
import type { HealthChecks, PartHealth } from "../health.ts";

export interface CacheSetup {
  readonly configuration: Configuration;
  readonly telemetry: Telemetry;
  readonly meter: Meter;
  readonly coordinator: Coordinator;
  readonly store: Store;
  readonly checks: HealthChecks;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface OpenedCache {
  readonly cache: ServiceCache;
  close(timeoutMs: number): Promise<void>;
}

const snapshotEveryMs = 60_000;

/** The service's cache. Its package loads, its levels open and its health shows with the first use. */
export function openCache(setup: CacheSetup): OpenedCache {
  const { configuration, store, clock } = setup;
  const { name, enabled } = configuration.cache;
  const process = newRunId(clock.now());
  let opened: Cache | undefined;
  let opening: Promise<Cache> | undefined;
  let closed = false;
  let stopSaving = (): void => {};

  async function make(): Promise<Cache> {
    const library = await import("@flyball/cache");
    // Used for the first time after the shutdown, it computes and keeps nothing.
    const cache = closed ? library.createCache({ name, levels: [] }) : create(setup, library);
    if (!closed) {
      observeCache(setup.meter, cache);
      setup.checks.add("cache", () => healthOf(cache));
      const saving = clock.every(snapshotEveryMs, () => save(cache));
      stopSaving = () => saving.cancel();
    }
    opened = cache;
    return cache;
  }

  function open(): Promise<Cache> {
    opening ??= make();
    return opening;
  }

  function save(cache: Cache): void {
    writeSnapshot(store, { cache: name, process, at: clock.now(), stats: cache.stats(), advice: cache.advise() });
  }

  const current = (): Cache | Promise<Cache> => opened ?? open();
  const whole = new LazyNamespace(current, !enabled);
  const cache: ServiceCache = Object.assign(whole, {
    name,
    namespace: (inner: string) =>
      new LazyNamespace(
        within(current, (outer) => outer.namespace(inner)),
        !enabled,
      ),
    open,
    stats: () => opened?.stats(),
    advise: () => opened?.advise(),
    flush: async () => opened?.flush(),
  });

  return {
    cache,
    async close(timeoutMs) {
      closed = true;
      const using = await opening;
      if (!using) return;
      stopSaving();
      save(using);
      await using.close(timeoutMs);
    },
  };
}

function create(setup: CacheSetup, library: typeof import("@flyball/cache")): Cache {
  const { configuration, telemetry, coordinator, clock, logger } = setup;
  const { name, ttlMs, historyKeys } = configuration.cache;
  const options = { name, ttlMs, historyKeys, telemetry, coordinator, clock, logger };
  try {
    return library.createCache({ ...options, levels: cacheLevels(configuration, library) });
  } catch (error) {
    logger.warn({ err: error }, "flyball: a level of the cache cannot be opened; it is kept in memory only");
    return library.createCache({ ...options, levels: [library.memoryLevel(configuration.cache.memory)] });
  }
}

function healthOf(cache: Cache): PartHealth {
  const { levels, hitRatio } = cache.stats();
  const gone = Object.entries(levels).flatMap(([level, { available }]) => (available ? [] : [level]));
  return {
    healthy: gone.length === 0,
    ...(gone.length === 0 ? {} : { reason: `${gone.join(" and ")} ${gone.length === 1 ? "does" : "do"} not answer` }),
    facts: {
      levels: Object.keys(levels).join(", "),
      ...(hitRatio === undefined ? {} : { hitRatio: Number(hitRatio.toFixed(3)) }),
    },
  };
}
