import { type Clock, toError } from "@flyball/core";
import { type Database, DatabaseBusyError, type SqlValue } from "@flyball/storage";

interface Write {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** With the number of rows that changed. */
  readonly resolve: (changes: number) => void;
  readonly reject: (error: Error) => void;
}

const firstPauseMs = 5;
const longestPauseMs = 100;

/**
 * Commits together what is written in the same turn: nodes that end side by side share the commit, which costs several
 * times what their rows do. A write resolves after its commit. While another connection holds the lock, it is tried
 * again from time to time, since waiting inside SQLite would block the event loop.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  #writes: Write[] = [];
  #scheduled = false;

  constructor(database: Database, clock: Clock, patienceMs: number) {
    this.#database = database;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  write(sql: string, ...values: readonly SqlValue[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#writes.push({ sql, values, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      queueMicrotask(() => void this.#commit());
    });
  }

  async #commit(): Promise<void> {
    const until = this.#clock.monotonic() + this.#patienceMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const writes = this.#writes;
      this.#writes = [];
      const busy = this.#apply(writes);
      if (!busy) break;
      if (this.#clock.monotonic() + pauseMs > until) {
        for (const write of writes) write.reject(busy);
        break;
      }
      await this.#clock.sleep(pauseMs);
      this.#writes.unshift(...writes);
    }
    this.#scheduled = false;
    if (this.#writes.length > 0) {
      this.#scheduled = true;
      queueMicrotask(() => void this.#commit());
    }
  }

  /** Returns the error when the lock could not be had; settles the writes in every other case. */
  #apply(writes: readonly Write[]): DatabaseBusyError | undefined {
    let changes: readonly number[];
    try {
      const [first] = writes;
      if (writes.length === 1 && first) changes = [this.#run(first)];
      else changes = this.#database.transaction(() => writes.map((write) => this.#run(write)));
    } catch (error) {
      if (error instanceof DatabaseBusyError) return error;
      // One bad write must not take the others with it.
      if (writes.length > 1) return this.#applyOneByOne(writes);
      for (const write of writes) write.reject(toError(error));
      return undefined;
    }
    for (const [index, write] of writes.entries()) write.resolve(changes[index]!);
    return undefined;
  }

  #applyOneByOne(writes: readonly Write[]): undefined {
    for (const write of writes) {
      const busy = this.#apply([write]);
      if (busy) write.reject(busy);
    }
  }

  #run({ sql, values }: Write): number {
    return this.#database.run(sql, ...values).changes;
  }
}
