import { failureLog, silentLogger, type Timer, withDeadline } from "@flyball/core";
import { Scope } from "./address.ts";
import { type Advice, adviseOn } from "./advise/advise.ts";
import { MissRatioCurve } from "./advise/miss-ratio-curve.ts";
import type { Cache, CacheNamespace, CacheView } from "./cache-types.ts";
import { Calls } from "./calls.ts";
import { createLeases } from "./flight/lease.ts";
import { History } from "./history.ts";
import { createBus } from "./invalidate/bus.ts";
import { Invalidator } from "./invalidate/invalidator.ts";
import { createStamps } from "./invalidate/stamps.ts";
import { Keep } from "./keep.ts";
import { scopeName, tenantId } from "./key.ts";
import { minute } from "./levels/level-context.ts";
import { MemoryLevel, memoryLevel } from "./levels/memory.ts";
import type { CacheOptions } from "./options.ts";
import type { CacheParts } from "./parts.ts";
import { checkSettings } from "./settings.ts";
import { Ledger } from "./statistics/ledger.ts";
import type { CacheStats } from "./statistics/stats.ts";
import { type CacheInside, View } from "./view.ts";

/**
 * Makes a cache. Its levels open, and connect, in the background; none of them needs to be there.
 * @throws ConfigurationError for an option out of its range, CacheKeyError for a name that is none.
 */
export function createCache(options: CacheOptions = {}): Cache {
  const settings = checkSettings(options);
  const { name, clock } = settings;
  const { coordinator, logger = silentLogger, adviceKeys = 2_048 } = options;
  const failures = failureLog(logger);
  const all = (options.levels ?? [memoryLevel()]).map((make) => make({ cache: name, clock, logger, failures }));
  const front = all.find((level) => level instanceof MemoryLevel);
  const levels = all.filter((level) => level !== front);
  const bus =
    coordinator && createBus({ coordinator, cache: name, deadlineMs: settings.coordinatorDeadlineMs, clock, failures });
  const stamps = createStamps(clock);
  const invalidator = new Invalidator({
    ...{ cache: name, bus, front, levels, syncMs: settings.syncMs, stamps, clock, failures },
    onInvalidated: (keys) => calls.invalidated(keys),
  });
  const partly = {
    ...{ settings, front, levels, invalidator, stamps, clock, failures },
    ledger: new Ledger({ name, levels: all, telemetry: options.telemetry, clock, failures }),
    leases:
      bus && levels.length > 0 && options.lease !== false
        ? createLeases({ bus, leaseMs: settings.leaseMs, clock, failures })
        : undefined,
    curve: front && adviceKeys > 0 ? new MissRatioCurve(adviceKeys) : undefined,
  };
  const parts: CacheParts = { ...partly, keep: new Keep(partly) };
  const calls = new Calls(parts);
  const history = new History({ cache: name, keys: options.historyKeys ?? 0, front, levels, now: () => clock.now() });
  const saving = options.historyKeys ? clock.every(minute, () => void history.save()) : undefined;
  const scope = new Scope(name, crypto.randomUUID());
  return new WholeCache(scope, { parts, calls, history, closed: false }, () => bus?.close(), saving);
}

class Namespace extends View implements CacheNamespace {
  tenant(id: string): CacheView {
    return new View(this.scope.within({ tenant: tenantId(id) }), this.inside);
  }
}

class WholeCache extends Namespace implements Cache {
  readonly #closeBus: () => Promise<void> | undefined;
  readonly #saving: Timer | undefined;
  #closing: Promise<void> | undefined;

  constructor(scope: Scope, inside: CacheInside, closeBus: () => Promise<void> | undefined, saving: Timer | undefined) {
    super(scope, inside);
    this.#closeBus = closeBus;
    this.#saving = saving;
  }

  get name(): string {
    return this.scope.cache;
  }

  namespace(name: string): CacheNamespace {
    return new Namespace(this.scope.within({ namespace: scopeName(name) }), this.inside);
  }

  stats(): CacheStats {
    const { ledger, invalidator } = this.inside.parts;
    return ledger.report({ invalidationsWaiting: invalidator.waiting, gaps: invalidator.gaps });
  }

  advise(): Advice | undefined {
    const { curve, front } = this.inside.parts;
    return curve && front && adviseOn(curve, front.maxBytes);
  }

  flush(): Promise<void> {
    return this.inside.parts.keep.settled();
  }

  close(timeoutMs = 2_000): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    const { inside } = this;
    const { parts, calls, history } = inside;
    const { keep, front, levels, invalidator, clock, failures } = parts;
    inside.closed = true;
    this.#saving?.cancel();
    calls.flights.close();
    const writtenOut = history.save().then(() => keep.settled());
    await withDeadline(writtenOut, timeoutMs, "closing the cache", clock).catch((error) =>
      failures.report("cache close", error),
    );
    invalidator.stop();
    await this.#closeBus();
    await Promise.all([...(front ? [front] : []), ...levels].map((level) => level.close(timeoutMs)));
  }
}
