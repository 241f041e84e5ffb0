import type { FailureLog } from "@flyball/core";
import type { Outcome } from "./outcome.ts";

/** Hands outcomes to listeners; one that throws is counted, logged once, and never reaches the pipeline. */
export class Listeners {
  readonly #failures: FailureLog;
  // Replaced, never changed: a listener that unsubscribes while it is called does not skip its neighbour.
  #all: readonly ((outcome: Outcome) => void)[] = [];

  constructor(failures: FailureLog) {
    this.#failures = failures;
  }

  add(listener: (outcome: Outcome) => void): () => void {
    // A wrapper of its own, so that the same function may listen twice and leave once.
    const entry = (outcome: Outcome): void => listener(outcome);
    this.#all = [...this.#all, entry];
    return () => {
      this.#all = this.#all.filter((other) => other !== entry);
    };
  }

  call(outcome: Outcome): void {
    const all = this.#all;
    for (let i = 0; i < all.length; i++) {
      try {
        (all[i] as (outcome: Outcome) => void)(outcome);
      } catch (error) {
        this.#failures.report("listener", error);
      }
    }
  }
}
