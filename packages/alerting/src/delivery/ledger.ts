import type { Clock, FailureLog } from "@flyball/core";
import type { Claim, Coordinator } from "@flyball/storage";

/**
 * What all replicas must agree on so that people are told once: which episode an alert is in, what was sent, what
 * rests. Everything is a counter that only grows, kept by the coordinator and remembered here as well: the larger
 * number is true. While the coordinator is away each replica goes by its own memory, since a notice too many is
 * better than none.
 */
export interface Ledger {
  /** The counter, 0 when it was never set or has expired. */
  read(key: string): Promise<number>;
  /** Remembers here that the counter was at `value`; the coordinator is not told. */
  recall(key: string, value: number, ttlMs: number): void;
  /** Brings the counter to at least `value`; it expires `ttlMs` after it was first set. */
  reach(key: string, value: number, ttlMs: number): Promise<void>;
  /** Sets the counter to something; it expires `ttlMs` after it was first set. */
  mark(key: string, ttlMs: number): Promise<void>;
  /** Takes a key for this process; `"alone"` when nobody could be asked. */
  claim(key: string, ttlMs: number): Promise<Claim | "alone" | undefined>;
}

export interface LedgerOptions {
  readonly clock: Clock;
  readonly failures: FailureLog;
  /** Without one this process is alone. */
  readonly coordinator?: Coordinator;
}

const prefix = "alerting/";
const lockMs = 2_000;
const lockTries = 40;
const lockPauseMs = 25;
/** Keys remembered; the oldest are forgotten, and then the coordinator alone knows. */
const maxRemembered = 20_000;

export function createLedger({ clock, failures, coordinator }: LedgerOptions): Ledger {
  const own = new Map<string, { value: number; expiresAt: number }>();
  let turn: Promise<unknown> = Promise.resolve();

  function remembered(key: string): number {
    const entry = own.get(key);
    if (!entry) return 0;
    if (entry.expiresAt > clock.now()) return entry.value;
    own.delete(key);
    return 0;
  }

  function remember(key: string, value: number, ttlMs: number): void {
    const known = own.get(key);
    const expiresAt = known && known.expiresAt > clock.now() ? known.expiresAt : clock.now() + ttlMs;
    own.delete(key);
    own.set(key, { value, expiresAt });
    const [oldest] = own.keys();
    if (own.size > maxRemembered && oldest !== undefined) own.delete(oldest);
  }

  async function attempt<T>(what: string, work: (shared: Coordinator) => Promise<T>, otherwise: T): Promise<T> {
    if (!coordinator) return otherwise;
    try {
      return await work(coordinator);
    } catch (error) {
      failures.report(`alert coordination: ${what}`, error);
      return otherwise;
    }
  }

  /** Reads and adds under a claim, or two replicas that both saw 0 would reach 2. */
  async function reachShared(shared: Coordinator, key: string, value: number, ttlMs: number): Promise<void> {
    let lock: Claim | undefined;
    for (let tries = 0; tries < lockTries && !lock; tries++) {
      if ((await shared.counter(key)) >= value) return;
      lock = await shared.claim(`${key}/lock`, lockMs);
      if (!lock) await clock.sleep(lockPauseMs);
    }
    if (!lock) return;
    try {
      const missing = value - (await shared.counter(key));
      if (missing > 0) await shared.increment(key, { by: missing, ttlMs });
    } finally {
      await lock.release();
    }
  }

  return {
    async read(name) {
      const key = prefix + name;
      const shared = await attempt("read", (coordinator) => coordinator.counter(key), 0);
      return Math.max(remembered(key), shared);
    },
    recall: (name, value, ttlMs) => remember(prefix + name, value, ttlMs),
    reach(name, value, ttlMs) {
      const key = prefix + name;
      if (remembered(key) < value) remember(key, value, ttlMs);
      // One at a time, so that channels of this process do not wait for each other's claims.
      const work = turn.then(() => attempt("write", (shared) => reachShared(shared, key, value, ttlMs), undefined));
      turn = work;
      return work;
    },
    async mark(name, ttlMs) {
      const key = prefix + name;
      if (remembered(key) === 0) remember(key, 1, ttlMs);
      await attempt("write", (shared) => shared.increment(key, { ttlMs }), 0);
    },
    claim: (name, ttlMs) =>
      attempt<Claim | "alone" | undefined>("claim", (shared) => shared.claim(prefix + name, ttlMs), "alone"),
  };
}
