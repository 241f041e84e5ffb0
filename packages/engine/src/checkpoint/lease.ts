import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { type Clock, type FailureLog, newSpanId, type Timer } from "@flyball/core";
import type { Coordinator } from "@flyball/storage";
import { CheckpointError } from "../errors.ts";
import type { CheckpointStore } from "./types.ts";

/** The right of one process to go on with a run. It has to be renewed; a process that stalls loses it. */
export interface Lease {
  /** Another process goes on with the run. */
  readonly lost: boolean;
  /** Makes sure that the lease still holds. Rejects when it is lost, or when nobody can tell. */
  confirm(): Promise<void>;
  release(): Promise<void>;
}

export interface LeaseOptions {
  readonly store: CheckpointStore;
  /** Where processes agree; without one they agree through the store. */
  readonly coordinator: Coordinator | undefined;
  readonly clock: Clock;
  readonly failures: FailureLog;
  readonly ttlMs: number;
}

/** Hands out the leases of one engine and renews them while it lives. */
export class Leases {
  readonly #options: LeaseOptions;
  readonly #held = new Set<HeldLease>();
  #heartbeat: Timer | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** A lease to confirm. `onLost` is called when another process turns out to have the run. */
  lease(runId: string, onLost: (error: Error) => void): Lease {
    const { clock, coordinator, ttlMs, failures } = this.#options;
    const grip = coordinator ? this.#throughCoordinator(coordinator, runId) : this.#throughStore(runId);
    const lease = new HeldLease({ runId, clock, ttlMs, grip, onLost, forget: () => this.#forget(lease) });
    this.#held.add(lease);
    this.#heartbeat ??= clock.every(ttlMs / 3, () => {
      for (const held of this.#held) held.renew().catch((error: unknown) => failures.report("checkpoint.lease", error));
    });
    return lease;
  }

  #forget(lease: HeldLease): void {
    this.#held.delete(lease);
    if (this.#held.size > 0) return;
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
  }

  #throughCoordinator(coordinator: Coordinator, runId: string): Grip {
    const { ttlMs } = this.#options;
    let claim: Awaited<ReturnType<Coordinator["claim"]>>;
    return {
      async hold() {
        if (claim && (await claim.renew(ttlMs))) return true;
        claim = await coordinator.claim(`flyball:run:${runId}`, ttlMs);
        return claim !== undefined;
      },
      async letGo() {
        await claim?.release();
      },
    };
  }

  #throughStore(runId: string): Grip {
    const { store, ttlMs } = this.#options;
    // Every lease has an owner of its own: one engine, too, must not run a run twice.
    const owner = `${machine()}:${process.pid}:${newSpanId()}`;
    return {
      async hold() {
        const holder = await store.claim(runId, owner, ttlMs);
        if (holder === owner) return true;
        if (!died(holder)) return false;
        await store.release(runId, holder);
        return (await store.claim(runId, owner, ttlMs)) === owner;
      },
      letGo: () => store.release(runId, owner),
    };
  }
}

/** How a claim is taken or extended, and given up. */
interface Grip {
  hold(): Promise<boolean>;
  letGo(): Promise<void>;
}

interface HeldLeaseOptions {
  readonly runId: string;
  readonly clock: Clock;
  readonly ttlMs: number;
  readonly grip: Grip;
  readonly onLost: (error: Error) => void;
  readonly forget: () => void;
}

class HeldLease implements Lease {
  lost = false;
  readonly #options: HeldLeaseOptions;
  /** Monotonic time until which nobody else can have taken the run. */
  #holdsUntil = Number.NEGATIVE_INFINITY;

  constructor(options: HeldLeaseOptions) {
    this.#options = options;
  }

  async obtain(): Promise<boolean> {
    const { clock, ttlMs, grip } = this.#options;
    // Counted from before the request: the store's own count begins later, so that ours ends first.
    const asked = clock.monotonic();
    if (!(await grip.hold())) return false;
    this.#holdsUntil = asked + ttlMs;
    return true;
  }

  async renew(): Promise<void> {
    if (this.lost || (await this.obtain())) return;
    this.lost = true;
    const { runId, onLost, forget } = this.#options;
    forget();
    onLost(new CheckpointError(runId, `Another process goes on with run \`${runId}\``));
  }

  async confirm(): Promise<void> {
    if (this.#options.clock.monotonic() >= this.#holdsUntil) await this.renew();
    if (this.lost) throw new CheckpointError(this.#options.runId, "another process goes on with the run");
  }

  async release(): Promise<void> {
    this.#options.forget();
    if (this.#holdsUntil > Number.NEGATIVE_INFINITY && !this.lost) await this.#options.grip.letGo();
  }
}

/** Names this machine's process table: containers may share a host's name but not its process ids. */
function machine(): string {
  try {
    return `${hostname()}:${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/** Whether the holder was a process of this machine that is no more, so that there is no need to wait for its claim to end. */
function died(holder: string): boolean {
  const [pid, host] = [Number(holder.split(":").at(-2)), holder.split(":").slice(0, -2).join(":")];
  if (host !== machine() || !Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
