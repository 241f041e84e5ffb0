/**
 * Lets the main thread go first. SQLite's lock is not fair: against a writer that commits and begins again at once,
 * a waiting connection polls and may find it locked each time, and every wait blocks the event loop. The main thread
 * says here that it wants the lock; the writer thread then commits what it has and stands back.
 */
export interface WriteGate {
  readonly shared: SharedArrayBuffer;
  /** The main thread wants the lock. */
  enter(): void;
  /** The main thread is done with it. */
  leave(): void;
}

export function writeGate(): WriteGate {
  const shared = new SharedArrayBuffer(4);
  const waiting = new Int32Array(shared);
  return {
    shared,
    enter() {
      Atomics.add(waiting, 0, 1);
    },
    leave() {
      if (Atomics.sub(waiting, 0, 1) === 1) Atomics.notify(waiting, 0);
    },
  };
}

/** The writer thread's side of a gate. */
export interface GateKeeper {
  /** Whether the main thread wants the lock. */
  wanted(): boolean;
  /** Blocks until it does not, at most `mostMs`. */
  standBack(mostMs: number): void;
}

export function gateKeeper(shared: SharedArrayBuffer): GateKeeper {
  const waiting = new Int32Array(shared);
  return {
    wanted: () => Atomics.load(waiting, 0) > 0,
    standBack(mostMs) {
      const until = performance.now() + mostMs;
      for (let seen = Atomics.load(waiting, 0); seen > 0; seen = Atomics.load(waiting, 0)) {
        const remaining = until - performance.now();
        if (remaining <= 0 || Atomics.wait(waiting, 0, seen, remaining) === "timed-out") return;
      }
    },
  };
}

/** For a writer on the main thread itself: there is nobody to let go first. */
export const noGate: GateKeeper = { wanted: () => false, standBack() {} };
