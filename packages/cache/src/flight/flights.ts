import { errorType } from "@flyball/core";
import type { Address } from "../address.ts";
import { CacheClosedError, ComputedElsewhereError } from "../errors.ts";
import type { Kept } from "../keep.ts";
import { lookUp } from "../lookup.ts";
import type { CallOptions, Compute } from "../options.ts";
import type { CacheParts } from "../parts.ts";
import type { Times } from "../settings.ts";
import type { Entry } from "../types.ts";
import type { Ended, Leases } from "./lease.ts";
import { makeEntry } from "./make-entry.ts";

/** What is to be computed, as the call that began it asked. */
export interface Order {
  readonly address: Address;
  readonly compute: Compute<unknown>;
  readonly options: CallOptions<unknown> | undefined;
  readonly times: Times;
  /** The entry that is there and no longer good enough. */
  readonly outdated: Entry | undefined;
  /** Compute even if another process has just done so. */
  readonly force: boolean;
}

export interface Landed {
  readonly entry: Entry;
  /** Whether another process computed it. */
  readonly elsewhere: boolean;
}

/** A computation under way, joined by everybody who asks for its key meanwhile. */
export interface Flight {
  readonly address: Address;
  readonly landed: Promise<Landed>;
  /** Who waits; when nobody does any longer it is aborted. */
  waiters: number;
  /** Its key was deleted meanwhile: the answer goes to those who wait, and is not kept. */
  doomed: boolean;
  readonly abort: (reason: Error) => void;
}

type Finish = (ended: Ended) => Promise<void>;

/** Computes what is missing: once in this process and, with leases, once among all. */
export class Flights {
  readonly #parts: CacheParts;
  readonly #byKey = new Map<string, Flight>();

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  get(address: Address): Flight | undefined {
    return this.#byKey.get(address.memoryKey);
  }

  begin(order: Order): Flight {
    const { address } = order;
    const controller = new AbortController();
    const { promise, resolve, reject } = Promise.withResolvers<Landed>();
    const flight: Flight = {
      address,
      landed: promise,
      waiters: 0,
      doomed: false,
      abort: (reason) => {
        // Whoever asks from now on begins anew: this one may never end.
        this.#forget(flight);
        controller.abort(reason);
      },
    };
    this.#byKey.set(address.memoryKey, flight);
    // Its failure is its waiters' affair, and with none left nobody's.
    promise.catch(() => {});
    this.#fly(order, flight, controller.signal)
      .finally(() => this.#forget(flight))
      .then(resolve, reject);
    return flight;
  }

  /** Has what is being computed for these keys not kept, and not given to whoever asks from now on. */
  doom(storageKeys: readonly string[] | "all"): void {
    for (const flight of [...this.#byKey.values()]) {
      if (storageKeys !== "all" && !storageKeys.includes(flight.address.storageKey)) continue;
      flight.doomed = true;
      this.#forget(flight);
    }
  }

  /** Leaves everything under way to those who wait for it: whoever asks from now on begins anew. */
  detach(): void {
    this.#byKey.clear();
  }

  close(): void {
    for (const flight of [...this.#byKey.values()]) flight.abort(new CacheClosedError(this.#parts.settings.name));
  }

  #forget(flight: Flight): void {
    const { memoryKey } = flight.address;
    if (this.#byKey.get(memoryKey) === flight) this.#byKey.delete(memoryKey);
  }

  #fly(order: Order, flight: Flight, signal: AbortSignal): Promise<Landed> {
    const { leases } = this.#parts;
    if (!leases || order.force) return this.#compute(order, flight, signal);
    return this.#agree(leases, order, flight, signal);
  }

  async #agree(leases: Leases, order: Order, flight: Flight, signal: AbortSignal): Promise<Landed> {
    for (;;) {
      const role = await leases.roleFor(order.address.storageKey);
      switch (role.kind) {
        case "alone":
          return this.#compute(order, flight, signal);
        case "leader": {
          // It may have been computed between this process's look-up and its claim.
          const entry = await this.#newer(order);
          if (!entry) return this.#compute(order, flight, signal, role.finish);
          void role.finish({ how: "stored" });
          return { entry, elsewhere: true };
        }
        case "follower": {
          const ended = await role.ended;
          if (ended === "again") continue;
          if (ended.how === "failed") {
            throw new ComputedElsewhereError(this.#parts.settings.name, ended.errorType ?? "unknown");
          }
          const entry = await this.#newer(order);
          if (entry) return { entry, elsewhere: true };
          // An answer that only its process can keep is no reason for the others to compute one after the other.
          if (ended.how === "kept") return this.#compute(order, flight, signal);
        }
      }
    }
  }

  async #newer({ address, outdated }: Order): Promise<Entry | undefined> {
    const found = await lookUp(this.#parts, address, { counted: false });
    if (!found?.fresh) return undefined;
    return outdated && found.entry.createdAt <= outdated.createdAt ? undefined : found.entry;
  }

  async #compute(order: Order, flight: Flight, signal: AbortSignal, finish?: Finish): Promise<Landed> {
    const { invalidator, keep } = this.#parts;
    const { address, options } = order;
    const tags = options?.tags ? address.scope.tagNames(options.tags) : [];
    try {
      // As of now: what is invalidated from here on was not seen by the computation.
      const known = invalidator.epochsOf(tags.length > 0 ? [...address.scope.names, ...tags] : address.scope.names);
      const epochs = known instanceof Promise ? await known : known;
      const entry = await makeEntry(this.#parts, order, { tags, epochs }, signal);
      const kept = this.#keep(order, flight, entry);
      if (finish) void keep.track(kept.then((how) => finish({ how })));
      return { entry, elsewhere: false };
    } catch (error) {
      if (finish) void keep.track(finish({ how: "failed", errorType: errorType(error) }));
      throw error;
    }
  }

  #keep({ address, times, outdated, force }: Order, { doomed }: Flight, entry: Entry): Promise<Kept> {
    const { invalidator, keep } = this.#parts;
    const lives = entry.expiresAt > entry.createdAt;
    if (lives && !doomed) return keep.everywhere(address, entry, times.refreshAhead);
    // An answer that is not to be kept ends the one before it all the same.
    if (!lives && (outdated || force)) void keep.track(invalidator.delete([address.memoryKey], [address.storageKey]));
    return Promise.resolve("kept");
  }
}
