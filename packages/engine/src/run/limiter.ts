import type { CancelScope } from "./cancel-scope.ts";

/** Bounds how many nodes of a run are at work at once, first come first served. */
export class Limiter {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(most: number) {
    this.#free = most;
  }

  /** Resolves to true with a slot, or to false when the scope was aborted before there was one. */
  acquire(scope: CancelScope): Promise<boolean> {
    if (scope.aborted) return Promise.resolve(false);
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const waiting = scope.child();
      const take = (): void => {
        waiting.close();
        resolve(true);
      };
      waiting.onAbort = () => {
        this.#waiting.delete(take);
        resolve(false);
      };
      this.#waiting.add(take);
    });
  }

  release(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
