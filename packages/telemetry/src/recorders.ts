import type { FailureLog } from "@flyball/core";
import type { OperationKind, Outcome } from "./outcome.ts";
import type { OutcomeRecorder } from "./telemetry-options.ts";

/** Hands outcomes to recorders; one that throws is counted, logged once, and does not keep its neighbours from theirs. */
export class Recorders {
  readonly #all: readonly OutcomeRecorder[];
  readonly #failures: FailureLog;

  constructor(all: readonly OutcomeRecorder[], failures: FailureLog) {
    this.#all = all;
    this.#failures = failures;
  }

  record(outcome: Outcome): void {
    for (const recorder of this.#all) {
      try {
        recorder.record(outcome);
      } catch (error) {
        this.#failures.report("recorder", error);
      }
    }
  }

  kept(outcome: Outcome): void {
    for (const recorder of this.#all) {
      try {
        recorder.kept?.(outcome);
      } catch (error) {
        this.#failures.report("recorder", error);
      }
    }
  }

  started(kind: OperationKind): void {
    for (const recorder of this.#all) {
      try {
        recorder.started?.(kind);
      } catch (error) {
        this.#failures.report("recorder", error);
      }
    }
  }

  ended(kind: OperationKind): void {
    for (const recorder of this.#all) {
      try {
        recorder.ended?.(kind);
      } catch (error) {
        this.#failures.report("recorder", error);
      }
    }
  }
}
