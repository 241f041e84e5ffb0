import { CancelledError } from "@flyball/core";
import type { CancelScope } from "./cancel-scope.ts";
import { cancelled, type Settlement } from "./settlement.ts";

export interface FanOut {
  readonly count: number;
  /** Most under way at once; Infinity for no limit. */
  readonly concurrency: number;
  /** Whether one that fails leaves the others alone. */
  readonly partial: boolean;
  start(index: number, scope: CancelScope): Promise<Settlement>;
}

/**
 * Runs `count` pieces of work, starting one the moment another ends, and resolves when all that began have ended:
 * nothing is left behind, not even after a failure.
 */
export function fanOut({ count, concurrency, partial, start }: FanOut, parent: CancelScope): Promise<Settlement[]> {
  return new Promise((resolve) => {
    const scope = parent.child();
    const settlements = new Array<Settlement>(count).fill(cancelled);
    let next = 0;
    let active = 0;
    const settled = (index: number, settlement: Settlement): void => {
      settlements[index] = settlement;
      active--;
      if (settlement.status === "failed" && !partial)
        scope.abort(new CancelledError(`work beside \`${settlement.path}\``));
      launch();
    };
    const launch = (): void => {
      while (active < concurrency && next < count && !scope.aborted) {
        const index = next++;
        active++;
        // `start` never rejects: a settlement says what went wrong.
        void start(index, scope).then((settlement) => settled(index, settlement));
      }
      if (active === 0) {
        scope.close();
        resolve(settlements);
      }
    };
    launch();
  });
}

/**
 * What the whole comes to: a failure counts first (unless work is partial), then cancellation, then waiting for a
 * person; undefined when every piece has its result.
 */
export function obstacle(settlements: readonly Settlement[], partial: boolean): Settlement | undefined {
  let found: Settlement | undefined;
  for (const settlement of settlements) {
    if (settlement.status === "failed" && !partial) return settlement;
    if (settlement.status === "cancelled") found = settlement;
    if (settlement.status === "suspended") found ??= settlement;
  }
  return found;
}
