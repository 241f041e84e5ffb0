import { RolloutStateError } from "../errors.ts";
import type { Transition } from "./next-state.ts";
import type { RolloutPlan } from "./plan.ts";
import type { RolloutState } from "./state.ts";

/** What a person may ask of a rollout. */
export type Order = "begin" | "pause" | "resume" | "roll back" | "ship";

/** The state that an order leads to. @throws RolloutStateError when it does not fit */
export function obey(plan: RolloutPlan, state: RolloutState, order: Order, why: string, now: number): Transition {
  const refuse = (): never => {
    throw new RolloutStateError(plan.flag, order, state.phase);
  };
  switch (order) {
    case "begin":
      return state.phase === "ramping" ? refuse() : begin(plan, state.round + 1, why, now);
    case "pause":
      if (state.phase !== "ramping") return refuse();
      return {
        state: { ...ramp(state), phase: "paused", because: "by hand", at: now },
        entry: { action: "pause", why },
      };
    case "resume":
      // Units that were dealt or counted wrongly stay so: that takes a new deal, which is to begin again.
      if (state.phase !== "paused" || state.because === "sample-ratio") return refuse();
      return {
        state: { ...ramp(state), phase: "ramping", stepAt: now, applied: false, waiting: { for: "time", until: now } },
        entry: { action: "resume", why },
      };
    case "roll back":
      if (state.phase === "waiting" || state.phase === "rolled back") return refuse();
      return {
        state: { phase: "rolled back", round: state.round, at: now, because: ["by hand"], applied: false },
        entry: { action: "rollback", why },
      };
    case "ship":
      if (state.phase !== "ramping" && state.phase !== "paused") return refuse();
      return {
        state: { phase: "shipped", round: state.round, at: now, applied: false },
        entry: { action: "ship", why },
      };
  }
}

function begin(plan: RolloutPlan, round: number, why: string, now: number): Transition {
  const unitsMissing = plan.steps[0]?.minimumUnits ?? 0;
  return {
    state: {
      phase: "ramping",
      round,
      step: 0,
      stepAt: now,
      unitsBefore: 0,
      incarnation: undefined,
      applied: false,
      waiting: { for: "traffic", unitsMissing, expectedAt: undefined },
    },
    entry: { action: "begin", why },
  };
}

function ramp(state: Extract<RolloutState, { phase: "ramping" | "paused" }>) {
  const { round, step, stepAt, unitsBefore, incarnation, applied } = state;
  return { round, step, stepAt, unitsBefore, incarnation, applied };
}
