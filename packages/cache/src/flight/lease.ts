import type { Clock, FailureLog, Timer } from "@flyball/core";
import type { Claim } from "@flyball/storage";
import { processHold } from "../hold.ts";
import type { Bus } from "../invalidate/bus.ts";
import type { Message } from "../invalidate/message.ts";

/** How a computation ended, for those who waited for it in other processes. */
export type Ended = Pick<Extract<Message, { type: "ended" }>, "how" | "errorType">;

/** What this process is to do about a key that is missing. */
export type Role =
  /** Compute it, then say how that ended. */
  | { readonly kind: "leader"; readonly finish: (ended: Ended) => Promise<void> }
  /** Another process computes it. `again`: it may have died; ask for the role anew. */
  | { readonly kind: "follower"; readonly ended: Promise<Ended | "again"> }
  /** Nobody can say who else computes it. */
  | { readonly kind: "alone" };

export interface LeasesOptions {
  readonly bus: Bus;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly failures: FailureLog;
}

export interface Leases {
  roleFor(key: string): Promise<Role>;
}

/** Of all processes one computes a key; the others are told when it has. Nothing is polled. */
export function createLeases({ bus, leaseMs, clock, failures }: LeasesOptions): Leases {
  const waiting = new Map<string, Set<(ended: Ended | "again") => void>>();
  const hold = processHold();

  bus.onMessage((message) => {
    if (message.type !== "ended") return;
    for (const wake of waiting.get(message.key) ?? []) wake(message);
  });
  // Nobody will be told anything now; each goes on by itself.
  bus.onOutage(() => {
    for (const wakes of [...waiting.values()]) for (const wake of [...wakes]) wake("again");
  });

  /** Resolves when the key's computation ended, or when its leader may have died. */
  function listen(key: string): { readonly ended: Promise<Ended | "again">; readonly stop: () => void } {
    const { promise, resolve } = Promise.withResolvers<Ended | "again">();
    const wakes = waiting.get(key) ?? new Set();
    waiting.set(key, wakes);
    hold.take();
    const wake = (ended: Ended | "again"): void => {
      if (!wakes.delete(wake)) return;
      if (wakes.size === 0 && waiting.get(key) === wakes) waiting.delete(key);
      timer.cancel();
      hold.release();
      resolve(ended);
    };
    // A leader that lives renews its lease, so asking again costs one question in half a lease.
    const timer = clock.after(leaseMs / 2, () => wake("again"));
    wakes.add(wake);
    return { ended: promise, stop: () => wake("again") };
  }

  function lead(key: string, claim: Claim): Role {
    let renewal: Timer | undefined = clock.every(leaseMs / 3, () => {
      bus.renew(claim, leaseMs).catch((error) => failures.report("cache lease renewal", error));
    });
    return {
      kind: "leader",
      async finish(ended) {
        renewal?.cancel();
        renewal = undefined;
        try {
          await bus.release(claim);
          await bus.publish({ type: "ended", key, ...ended });
        } catch (error) {
          failures.report("cache lease", error);
        }
      },
    };
  }

  return {
    async roleFor(key) {
      if (!bus.available || !(await bus.listening())) return { kind: "alone" };
      // Before the claim is asked for, or its holder could end unheard in between.
      const { ended, stop } = listen(key);
      try {
        const claim = await bus.claim(`lease:${key}`, leaseMs);
        if (!claim) return { kind: "follower", ended };
        stop();
        return lead(key, claim);
      } catch {
        stop();
        return { kind: "alone" };
      }
    },
  };
}
