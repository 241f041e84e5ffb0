import { FlyballError } from "@flyball/core";

/** Base of what the governor throws. Measuring and evaluating never throw; loading plans and giving orders do. */
export class GovernorError extends FlyballError {}

/** An order does not fit the state that the rollout is in. */
export class RolloutStateError extends GovernorError {
  constructor(flag: string, order: string, phase: string) {
    super("rollout_state", `The rollout of "${flag}" cannot ${order} while it is ${phase}`, { subject: flag });
  }
}

/** The ledger could not be read or written. What was to be written is kept and tried again. */
export class LedgerError extends GovernorError {
  constructor(why: string, options: { readonly subject: string; readonly cause?: unknown }) {
    super("ledger_unavailable", `The ledger of effects: ${why}`, options);
  }
}
