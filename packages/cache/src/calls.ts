import type { Address } from "./address.ts";
import { spatialHash } from "./advise/miss-ratio-curve.ts";
import { FailureMemory } from "./flight/failure-memory.ts";
import { type Flight, Flights, type Order } from "./flight/flights.ts";
import { tooLate, waitFor } from "./flight/wait.ts";
import type { Held, MemoryLevel } from "./levels/memory.ts";
import { type Found, lookUp } from "./lookup.ts";
import type { CallOptions, Compute } from "./options.ts";
import type { CacheParts } from "./parts.ts";
import { timesOf } from "./settings.ts";
import type { Entry, MaybePromise } from "./types.ts";

/** One call of `getOrCompute` that memory could not answer at once. */
interface Call extends Omit<Order, "outdated" | "force"> {
  /** Monotonic milliseconds. */
  readonly began: number;
}

/** Answers calls: from memory if that still holds, from the levels below, or by computing. */
export class Calls {
  readonly flights: Flights;
  readonly #parts: CacheParts;
  readonly #lookups = new Map<string, Promise<Found | undefined>>();
  readonly #failures = new FailureMemory();

  constructor(parts: CacheParts) {
    this.#parts = parts;
    this.flights = new Flights(parts);
  }

  answer(
    address: Address,
    compute: Compute<unknown>,
    options: CallOptions<unknown> | undefined,
  ): MaybePromise<unknown> {
    const { front, settings, clock } = this.#parts;
    const times = timesOf(options, settings.times);
    const call: Call = { address, compute, options, times, began: clock.monotonic() };
    if (options?.bypass) return this.#bypass(call);
    if (options?.refresh) return this.#compute(call, undefined, true);
    const held = front && this.look(address);
    if (front && held && held.freshUntil > front.now()) {
      // Fresh, but a refresh is due, or it had to be looked at again.
      if (held.quietUntil <= front.now()) this.#refresh(call, held.entry);
      return this.#giveHeld(front, held, 0);
    }
    return this.#answerFromBelow(call, held);
  }

  /** The entry in memory if it still holds, fresh or not. */
  look(address: Address): Held | undefined {
    const { front, invalidator } = this.#parts;
    const held = front?.find(address.memoryKey);
    if (!front || !held || held.generation === front.generation) return held;
    if (invalidator.holds(address, held.entry)) {
      front.trust(held);
      return held;
    }
    front.delete(address.memoryKey);
    return undefined;
  }

  /** Looks through the levels below memory; calls for one key share the look. */
  lookBelow(address: Address): Promise<Found | undefined> {
    let looking = this.#lookups.get(address.memoryKey);
    if (!looking) {
      const own = lookUp(this.#parts, address, { counted: true }).finally(() => {
        if (this.#lookups.get(address.memoryKey) === own) this.#lookups.delete(address.memoryKey);
      });
      this.#lookups.set(address.memoryKey, own);
      looking = own;
    }
    return looking;
  }

  /**
   * Something was invalidated: what was looked up or computed before is nothing for those who ask from now on.
   * `deleted`: the keys it was about; undefined when it was about tags or scopes, which entries themselves know.
   */
  invalidated(deleted: readonly string[] | "all" | undefined): void {
    this.#lookups.clear();
    if (deleted === undefined) this.flights.detach();
    else this.flights.doom(deleted);
  }

  forgetFailures(memoryKeys: readonly string[] | "all"): void {
    if (memoryKeys === "all") this.#failures.clear();
    else for (const key of memoryKeys) this.#failures.delete(key);
  }

  async #answerFromBelow(call: Call, held: Held | undefined): Promise<unknown> {
    const { front, levels, ledger, clock, curve } = this.#parts;
    const { address } = call;
    if (front) {
      ledger.missed(front, 0);
      const followed = curve?.find(spatialHash(address.memoryKey));
      if (followed) curve?.use(followed, front.now());
    }
    let found: Found | undefined;
    if (levels.length > 0 && !this.flights.get(address)) {
      found = await this.lookBelow(address);
      // Another call may have computed it meanwhile.
      const again = front && !found?.fresh ? this.look(address) : undefined;
      if (front && again && again.freshUntil > front.now()) {
        return this.#giveHeld(front, again, clock.monotonic() - call.began);
      }
    }
    if (found?.fresh) {
      ledger.answered(found.level, found.entry, clock.monotonic() - call.began, false);
      return found.entry.value;
    }
    return this.#answerStale(call, front && held ? newest(found, held, front) : found);
  }

  #answerStale(call: Call, stale: Found | undefined): MaybePromise<unknown> {
    const { clock } = this.#parts;
    if (stale && clock.now() < stale.entry.expiresAt + call.times.staleWhileRevalidateMs) {
      this.#refresh(call, stale.entry);
      return this.#give(call, stale);
    }
    return this.#compute(call, stale, false);
  }

  async #compute(call: Call, stale: Found | undefined, force: boolean): Promise<unknown> {
    const { ledger, clock, settings } = this.#parts;
    const { address, times } = call;
    const failure = this.#failures.get(address.memoryKey, clock.monotonic());
    const inGrace = stale && clock.now() < stale.entry.expiresAt + times.graceMs ? stale : undefined;
    try {
      if (failure && !force) throw failure.error;
      const joined = this.flights.get(address);
      const flight = joined ?? this.#begin(call, stale?.entry, force);
      const landed = await waitFor(flight, times, inGrace !== undefined, `computing for ${settings.name}`, clock);
      if (landed === tooLate) return this.#give(call, inGrace as Found);
      if (joined || landed.elsewhere) ledger.callCoalesced(landed.entry, clock.monotonic() - call.began);
      else ledger.callComputed(landed.entry);
      return landed.entry.value;
    } catch (error) {
      if (inGrace) return this.#give(call, inGrace);
      ledger.callFailed(error, clock.monotonic() - call.began);
      throw error;
    }
  }

  /** Computes anew behind a call that has its answer. */
  #refresh(call: Call, outdated: Entry): void {
    const { address, times } = call;
    const { clock, ledger, settings, failures } = this.#parts;
    if (this.flights.get(address) || this.#failures.get(address.memoryKey, clock.monotonic())) return;
    ledger.refreshes++;
    waitFor(this.#begin(call, outdated, false), times, false, `refreshing for ${settings.name}`, clock).catch((error) =>
      failures.report("cache refresh", error),
    );
  }

  #begin(call: Call, outdated: Entry | undefined, force: boolean): Flight {
    const { clock } = this.#parts;
    const { address, times } = call;
    const flight = this.flights.begin({ ...call, outdated, force });
    if (times.errorTtlMs > 0) {
      flight.landed.catch((error) => {
        this.#failures.add(address.memoryKey, error, clock.monotonic() + times.errorTtlMs);
      });
    }
    return flight;
  }

  #giveHeld(front: MemoryLevel, held: Held, durationMs: number): unknown {
    held.hits++;
    if (held.followed) this.#parts.curve?.use(held.followed, front.now());
    this.#parts.ledger.answered(front, held.entry, durationMs, false);
    return held.entry.value;
  }

  #give(call: Call, { entry, level }: Found): unknown {
    const { ledger, clock } = this.#parts;
    ledger.answered(level, entry, clock.monotonic() - call.began, true);
    return entry.value;
  }

  async #bypass({ compute, began }: Call): Promise<unknown> {
    const { ledger, clock } = this.#parts;
    try {
      return await compute({ signal: new AbortController().signal });
    } finally {
      ledger.callBypassed(clock.monotonic() - began);
    }
  }
}

/** Of what memory and the levels below have, stale both, the one that was fresh for longer. */
function newest(found: Found | undefined, held: Held, front: MemoryLevel): Found {
  return found && found.entry.expiresAt > held.entry.expiresAt
    ? found
    : { entry: held.entry, level: front, fresh: false };
}
