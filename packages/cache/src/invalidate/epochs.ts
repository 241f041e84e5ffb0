import type { MaybePromise } from "../types.ts";

/** The epoch of a name that nobody could be asked about. What carries it stays in this process. */
export const unknownEpoch = -1;

export interface EpochsOptions {
  /** Asks for the epoch that all processes agree on. Undefined: this process is alone, and every epoch begins at 0. */
  readonly ask: ((name: string) => Promise<number>) | undefined;
  /** Most names remembered. */
  readonly capacity: number;
  /** Too many names: what is held in memory can no longer be told valid from invalid. */
  readonly onOverflow: () => void;
}

/**
 * A number for every name that answers can be invalidated by: the cache itself, a namespace, a tenant, a tag.
 * Invalidating raises it, and an answer is valid while it carries the numbers that hold now. So invalidating a million
 * answers costs one step, and an answer that was being computed meanwhile is not valid either.
 */
export class Epochs {
  readonly #ask: EpochsOptions["ask"];
  readonly #capacity: number;
  readonly #onOverflow: () => void;
  readonly #known = new Map<string, number>();
  readonly #asking = new Map<string, Promise<number>>();
  #local = 0;

  constructor({ ask, capacity, onOverflow }: EpochsOptions) {
    this.#ask = ask;
    this.#capacity = capacity;
    this.#onOverflow = onOverflow;
  }

  /** The epochs that hold now, in the order of the names; at once if all are known. */
  current(names: readonly string[]): MaybePromise<number[]> {
    const epochs: number[] = [];
    for (const name of names) {
      const epoch = this.#known.get(name) ?? (this.#ask ? undefined : 0);
      if (epoch === undefined) return Promise.all(names.map((one) => this.#find(one)));
      epochs.push(epoch);
    }
    return epochs;
  }

  /** Whether these are the epochs that hold, as far as is known; what is not known is not valid. */
  valid(names: readonly string[], epochs: readonly number[]): boolean {
    if (names.length !== epochs.length) return false;
    for (let index = 0; index < names.length; index++) {
      const known = this.#known.get(names[index] as string) ?? (this.#ask ? unknownEpoch : 0);
      if (known !== epochs[index]) return false;
    }
    return true;
  }

  set(name: string, epoch: number): void {
    if (!this.#known.has(name) && this.#known.size >= this.#capacity) {
      this.#known.clear();
      this.#onOverflow();
    }
    this.#known.set(name, epoch);
  }

  /** Gives the name an epoch of this process's own: nothing made before is valid here, nothing made after is shared. */
  raiseLocally(name: string): void {
    // Below the unknown one where others exist, so that no answer with it is written where they would read it.
    this.#local++;
    this.set(name, this.#ask ? unknownEpoch - this.#local : this.#local);
  }

  /** Everything is asked for again. */
  forget(): void {
    this.#known.clear();
    this.#asking.clear();
  }

  async #find(name: string): Promise<number> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    let asking = this.#asking.get(name);
    if (!asking) {
      asking = this.#askFor(name).finally(() => {
        if (this.#asking.get(name) === asking) this.#asking.delete(name);
      });
      this.#asking.set(name, asking);
    }
    return asking;
  }

  async #askFor(name: string): Promise<number> {
    try {
      const epoch = (await this.#ask?.(name)) ?? 0;
      // An invalidation that was heard of meanwhile is newer than the answer.
      if (!this.#known.has(name)) this.set(name, epoch);
      return this.#known.get(name) ?? epoch;
    } catch {
      return unknownEpoch;
    }
  }
}
