import type { Address, Scope } from "./address.ts";
import type { CachedAnswer, CacheView, Told } from "./cache-types.ts";
import type { Calls } from "./calls.ts";
import { makeEntry } from "./flight/make-entry.ts";
import type { History } from "./history.ts";
import type { MemoryLevel } from "./levels/memory.ts";
import { lookUp } from "./lookup.ts";
import type { CallOptions, Compute } from "./options.ts";
import type { CacheParts } from "./parts.ts";
import { timesOf } from "./settings.ts";
import type { LevelTally } from "./statistics/level-tally.ts";
import type { MaybePromise } from "./types.ts";
import { type Warmed, type WarmOptions, warm } from "./warm.ts";

/** What all views of one cache share. */
export interface CacheInside {
  readonly parts: CacheParts;
  readonly calls: Calls;
  readonly history: History;
  closed: boolean;
}

/** One scope's door into a cache. */
export class View implements CacheView {
  readonly scope: Scope;
  readonly inside: CacheInside;
  readonly #prefix: string;
  readonly #front: MemoryLevel | undefined;
  readonly #tally: LevelTally | undefined;

  constructor(scope: Scope, inside: CacheInside) {
    this.scope = scope;
    this.inside = inside;
    this.#prefix = scope.memoryPrefix;
    this.#front = inside.parts.front;
    this.#tally = inside.parts.ledger.tallies.find(({ level }) => level === this.#front);
  }

  getOrCompute<T>(key: string, compute: Compute<T>, options?: CallOptions<T>): MaybePromise<T> {
    // The hot path: a hit in memory costs one look-up, a few comparisons and no promise. All else is in methods.
    const front = this.#front;
    if (front !== undefined && (options === undefined || !(options.bypass || options.refresh))) {
      const held = front.hit(this.#prefix === "" ? key : this.#prefix + key);
      if (held !== undefined) {
        const { entry } = held;
        const tally = this.#tally as LevelTally;
        held.hits++;
        tally.hits++;
        tally.savedMs += entry.computeMs;
        if (entry.usd !== undefined) tally.savedUsd += entry.usd;
        if (held.followed !== undefined) this.inside.parts.curve?.use(held.followed, front.now());
        if (this.inside.parts.ledger.recording) this.inside.parts.ledger.recordAnswer(front.name, entry, 0, false);
        return entry.value as T;
      }
    }
    return this.#getOrCompute(key, compute, options);
  }

  #getOrCompute<T>(key: string, compute: Compute<T>, options: CallOptions<T> | undefined): MaybePromise<T> {
    let address: Address;
    try {
      address = this.scope.address(key);
    } catch (error) {
      return Promise.reject(error);
    }
    // A service that shuts down still has calls to end.
    const asked = this.inside.closed ? { ...options, bypass: true } : options;
    return this.inside.calls.answer(address, compute, asked as CallOptions<unknown>) as MaybePromise<T>;
  }

  async get<T>(key: string): Promise<CachedAnswer<T> | undefined> {
    const { parts, calls } = this.inside;
    const { front, clock } = parts;
    const address = this.scope.address(key);
    const held = calls.look(address);
    const fresh = held !== undefined && front !== undefined && held.freshUntil > front.now();
    const found = fresh || this.inside.closed ? undefined : await lookUp(parts, address, { counted: false });
    const best = found && (!held || found.fresh) ? found : held && { entry: held.entry, level: front, fresh };
    if (!best?.level) return undefined;
    const { value, createdAt, computeMs } = best.entry;
    return {
      value: value as T,
      level: best.level.name,
      stale: !best.fresh,
      ageMs: Math.max(0, clock.now() - createdAt),
      computeMs,
    };
  }

  async set<T>(key: string, value: T, options: CallOptions<T> = {}): Promise<void> {
    const { parts } = this.inside;
    const address = this.scope.address(key);
    const tags = this.scope.tagNames(options.tags ?? []);
    const epochs = await parts.invalidator.epochsOf([...this.scope.names, ...tags]);
    const times = timesOf(options as CallOptions<unknown>, parts.settings.times);
    const order = { address, compute: () => value, options: options as CallOptions<unknown>, times };
    const { signal } = new AbortController();
    const entry = await makeEntry(parts, { ...order, outdated: undefined, force: true }, { tags, epochs }, signal);
    if (!(entry.expiresAt > entry.createdAt)) return void (await this.delete(key));
    // What is being computed for the key is older than what it is set to.
    this.inside.calls.invalidated([address.storageKey]);
    await parts.keep.everywhere(address, entry, times.refreshAhead);
    await parts.invalidator.replaced(address, entry);
  }

  async delete(...keys: string[]): Promise<Told> {
    const addresses = keys.map((key) => this.scope.address(key));
    const memoryKeys = addresses.map((address) => address.memoryKey);
    this.inside.calls.forgetFailures(memoryKeys);
    const { invalidator } = this.inside.parts;
    return {
      everywhere: await invalidator.delete(
        memoryKeys,
        addresses.map((address) => address.storageKey),
      ),
    };
  }

  async invalidate(...tags: string[]): Promise<Told> {
    const { invalidator } = this.inside.parts;
    invalidator.requireShared("a tag");
    return { everywhere: await invalidator.raise(this.scope.tagNames(tags)) };
  }

  async clear(): Promise<Told> {
    const { invalidator } = this.inside.parts;
    const { memoryPrefix, storagePrefix, at } = this.scope;
    this.inside.calls.forgetFailures("all");
    const own = [this.scope.name];
    if (!invalidator.alone) return { everywhere: await invalidator.raise(own) };
    // Below memory tenants are told apart by hashes only, which cannot be listed.
    if (at.tenant !== "") invalidator.requireShared("a tenant's clear()");
    const stored = at.namespace === "" ? `${this.scope.cache}:` : storagePrefix;
    return { everywhere: await invalidator.clearAlone(memoryPrefix, stored, own) };
  }

  warm<T>(options: WarmOptions<T>): Promise<Warmed> {
    return warm(this, options);
  }
}
