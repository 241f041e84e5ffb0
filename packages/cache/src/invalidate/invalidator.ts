import { type Clock, ConfigurationError, type FailureLog, type Timer } from "@flyball/core";
import type { Address } from "../address.ts";
import type { MemoryLevel } from "../levels/memory.ts";
import type { Entry, Level, MaybePromise } from "../types.ts";
import type { Bus } from "./bus.ts";
import { Epochs } from "./epochs.ts";
import { MachineFloor } from "./machine-floor.ts";
import type { Message } from "./message.ts";
import { createRetries, type Retries } from "./retries.ts";
import type { Stamps } from "./stamps.ts";
import { Tombstones } from "./tombstones.ts";

export interface InvalidatorOptions {
  readonly cache: string;
  readonly bus: Bus | undefined;
  readonly front: MemoryLevel | undefined;
  /** The levels below memory. */
  readonly levels: readonly Level[];
  readonly syncMs: number;
  readonly stamps: Stamps;
  readonly clock: Clock;
  readonly failures: FailureLog;
  /** Told what was invalidated, here or elsewhere: keys, everything, or, when undefined, tags or scopes. */
  readonly onInvalidated: (storageKeys: readonly string[] | "all" | undefined) => void;
}

const mostNames = 10_000;
const mostTombstones = 10_000;
/** Clocks of machines differ; an entry from further in the future comes from before this clock was set back. */
const clockSkewMs = 60_000;
const countOfAll = "count";

/** Decides whether an entry still holds, and tells all processes when it no longer does. */
export class Invalidator {
  readonly #options: InvalidatorOptions;
  readonly #epochs: Epochs;
  readonly #tombstones = new Tombstones(mostTombstones);
  readonly #retries: Retries;
  readonly #floors: readonly MachineFloor[];
  readonly #timer: Timer | undefined;
  /** The sum of the steps of all invalidations heard of: equal to the shared counter while none was missed. */
  #count: number | undefined;
  #suspected: number | undefined;
  #syncing: Promise<void> | undefined;
  /** Times that something was missed, or may have been. */
  gaps = 0;

  constructor(options: InvalidatorOptions) {
    this.#options = options;
    const { bus, front, levels, clock, failures, syncMs, cache } = options;
    this.#epochs = new Epochs({
      ask: bus && ((name) => bus.counter(`epoch:${name}`)),
      capacity: mostNames,
      onOverflow: () => front?.clear(),
    });
    this.#floors = bus
      ? levels.filter((level) => level.scope === "machine").map((one) => new MachineFloor(one, cache))
      : [];
    this.#retries = createRetries(syncMs, clock, failures, () => this.#distrustAll());
    bus?.onMessage((message) => this.#hear(message));
    this.#timer = bus && clock.every(syncMs, () => void this.#sync());
    if (bus) void this.#sync();
  }

  /** The epochs that an entry computed from now on carries. */
  epochsOf(names: readonly string[]): MaybePromise<number[]> {
    return this.#epochs.current(names);
  }

  /** Whether the entry holds, as far as this process knows. */
  holds(address: Address, entry: Entry): boolean {
    return this.#epochs.valid(namesOf(address, entry), entry.epochs) && !this.#deleted(address, entry);
  }

  /**
   * The entry as found in a level below memory if it holds, with the epochs of this process. `before`: the epochs of
   * the scope when the look-up began.
   */
  async accept(level: Level, address: Address, before: readonly number[], entry: Entry): Promise<Entry | undefined> {
    if (entry.createdAt > this.#options.clock.now() + clockSkewMs || this.#deleted(address, entry)) return undefined;
    if (!this.#options.bus) {
      // Alone, epochs live and die with the process; what another configuration wrote cannot be judged.
      return entry.epochs.length === 0 && entry.tags.length === 0 ? { ...entry, epochs: before } : undefined;
    }
    if (level.scope === "machine" && !(await this.#trusted(level, entry))) return undefined;
    const names = namesOf(address, entry);
    const asked = this.#epochs.current(names);
    if (asked instanceof Promise) await asked;
    return this.#epochs.valid(names, entry.epochs) ? entry : undefined;
  }

  /** An entry as the levels below memory keep it; undefined when it must not leave this process. */
  outward(entry: Entry): Entry | undefined {
    if (!this.#options.bus) return { ...entry, epochs: [] };
    return entry.epochs.some((epoch) => epoch < 0) ? undefined : entry;
  }

  /** Invalidates what carries one of the names. Resolves with whether all processes know by now. */
  async raise(names: readonly string[]): Promise<boolean> {
    const { bus } = this.#options;
    for (const name of names) this.#epochs.raiseLocally(name);
    this.#doubt();
    if (!bus) return true;
    return this.#retries.attempt(`names:${names.join("\u0000")}`, async () => {
      const raised: [string, number][] = [];
      for (const name of names) raised.push([name, (await bus.raise(`epoch:${name}`)).sum]);
      for (const [name, epoch] of raised) this.#epochs.set(name, epoch);
      this.#doubt();
      await this.#announce(bus, raised, [], 0);
    });
  }

  /** Deletes keys everywhere. Resolves with whether all levels and processes know by now. */
  async delete(memoryKeys: readonly string[], storageKeys: readonly string[]): Promise<boolean> {
    const { front, levels, bus, stamps } = this.#options;
    const before = stamps.deletion();
    for (const key of memoryKeys) front?.delete(key);
    this.#bury(storageKeys, before);
    return this.#retries.attempt(`keys:${storageKeys.join(" ")}`, async () => {
      await Promise.all(levels.flatMap((level) => storageKeys.map((key) => level.delete(key))));
      if (bus) await this.#announce(bus, [], storageKeys, before);
    });
  }

  /** Tells the other processes that what they have under the key is older than this entry. */
  async replaced(address: Address, entry: Entry): Promise<void> {
    const { bus } = this.#options;
    if (!bus) return;
    const { storageKey } = address;
    await this.#retries.attempt(`key:${storageKey}`, () => this.#announce(bus, [], [storageKey], entry.createdAt));
  }

  /** Whether no other process can be told anything. */
  get alone(): boolean {
    return this.#options.bus === undefined;
  }

  /** Empties what begins with the prefixes; for a process that is alone. */
  async clearAlone(memoryPrefix: string, storagePrefix: string, names: readonly string[]): Promise<boolean> {
    const { front, levels } = this.#options;
    for (const name of names) this.#epochs.raiseLocally(name);
    front?.clear(memoryPrefix);
    this.#doubt();
    return this.#retries.attempt(`clear:${storagePrefix}`, async () => {
      await Promise.all(levels.map((level) => level.clear(storagePrefix)));
    });
  }

  /** @throws ConfigurationError when names cannot be invalidated for entries that outlive the process. */
  requireShared(what: string): void {
    if (this.#options.bus || this.#options.levels.length === 0) return;
    throw new ConfigurationError(
      "cache.coordinator",
      undefined,
      `a coordinator: ${what} on levels that outlive the process needs one`,
    );
  }

  /** Invalidations that not everybody knows of yet. */
  get waiting(): number {
    return this.#retries.waiting;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#retries.stop();
  }

  async #announce(
    bus: Bus,
    names: readonly (readonly [string, number])[],
    keys: readonly string[],
    before: number,
  ): Promise<void> {
    const { step } = await bus.raise(countOfAll);
    if (this.#count !== undefined) this.#count += step;
    await bus.publish({ type: "invalidated", step, names, keys, before });
    await this.#follow();
  }

  #deleted(address: Address, entry: Entry): boolean {
    return !this.#tombstones.empty && this.#tombstones.covers(address.storageKey, entry.createdAt);
  }

  /** Until it is known what was deleted meanwhile, nothing on this machine's disk is. */
  async #trusted(level: Level, entry: Entry): Promise<boolean> {
    if (this.#count === undefined) await this.#sync();
    return this.#count !== undefined && this.#floors.every((floor) => floor.trusts(level, entry.createdAt));
  }

  #bury(storageKeys: readonly string[], before: number): void {
    for (const key of storageKeys) this.#tombstones.add(key, before);
    if (storageKeys.length > 0) this.#options.onInvalidated(storageKeys);
  }

  #hear(message: Message): void {
    if (message.type !== "invalidated") return;
    const { front, levels, failures } = this.#options;
    for (const [name, epoch] of message.names) this.#epochs.set(name, epoch);
    this.#bury(message.keys, message.before);
    if (message.names.length > 0) this.#doubt();
    else front?.doubt();
    for (const level of levels) {
      if (level.scope !== "machine") continue;
      for (const key of message.keys) {
        this.#retries.attempt(`heard:${level.name}:${key}`, async () => level.delete(key)).catch(() => {});
      }
    }
    if (this.#count === undefined) return;
    this.#count += message.step;
    if (message.keys.length > 0) void this.#follow().catch((error) => failures.report("cache mark", error));
  }

  /** Looks whether an invalidation was missed. One that is merely on its way has come by the next look. */
  #sync(): Promise<void> {
    this.#syncing ??= this.#look().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  async #look(): Promise<void> {
    const { bus, clock, failures } = this.#options;
    if (!bus?.available || !(await bus.listening())) return;
    try {
      const count = await bus.counter(countOfAll);
      if (this.#count === undefined) {
        for (const floor of this.#floors) await floor.open(count, clock.now());
        this.#count = count;
      } else if (count === this.#count) {
        this.#suspected = undefined;
        await this.#follow();
      } else if (count === this.#suspected) {
        await this.#missed(count);
      } else {
        this.#suspected = count;
      }
    } catch (error) {
      failures.report("cache synchronisation", error);
    }
  }

  async #missed(count: number): Promise<void> {
    const { clock } = this.#options;
    this.#suspected = undefined;
    this.gaps++;
    this.#distrustAll();
    this.#count = count;
    for (const floor of this.#floors) await floor.raise(count, clock.now());
  }

  /** Entries may have become invalid: each is looked at again, and what is under way is not joined any more. */
  #doubt(): void {
    this.#options.front?.doubt();
    this.#options.onInvalidated(undefined);
  }

  /** What this process knows may be wrong: everything is asked for again. */
  #distrustAll(): void {
    this.#epochs.forget();
    this.#options.front?.clear();
    this.#options.onInvalidated("all");
  }

  async #follow(): Promise<void> {
    const { clock } = this.#options;
    if (this.#count !== undefined) for (const floor of this.#floors) await floor.follow(this.#count, clock.now());
  }
}

function namesOf({ scope }: Address, { tags }: Entry): readonly string[] {
  return tags.length > 0 ? [...scope.names, ...tags] : scope.names;
}
