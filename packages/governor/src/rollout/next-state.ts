import type { RolloutPlan } from "./plan.ts";
import type { RolloutEntry, RolloutState, Waiting } from "./state.ts";
import type { GuardrailVerdict, Verdicts } from "./verdicts.ts";

/** What is known at an evaluation. */
export interface Facts {
  /** Undefined before the first unit. */
  readonly verdicts: Verdicts | undefined;
  /** Which totals the verdicts are of. */
  readonly incarnation: string | undefined;
  /** Whether the flag's rules are those that the state asked for; somebody may have changed them. */
  readonly asAsked: boolean;
}

/** A state, and what the log says if it is a new one. */
export interface Transition {
  readonly state: RolloutState;
  readonly entry?: Pick<RolloutEntry, "action" | "why">;
}

type Ramping = Extract<RolloutState, { phase: "ramping" }>;
type Paused = Extract<RolloutState, { phase: "paused" }>;

/** How long after a step the flag may still be found as it was before, milliseconds: a server is asked in between. */
const settlingMs = 30_000;

/**
 * What follows from a plan, a state and what is known now. Breaches come first, whatever else is wrong: a measurement
 * that is suspect must not hide a harm.
 */
export function nextState(plan: RolloutPlan, state: RolloutState, facts: Facts, now: number): Transition {
  switch (state.phase) {
    case "waiting":
    case "rolled back":
    case "shipped":
      return { state };
    case "paused":
      return rollBackOnBreach(state, facts, now) ?? { state };
    case "ramping":
      return (
        rollBackOnBreach(state, facts, now) ??
        pauseOnDoubt(state, facts, now) ??
        countAnew(state, facts) ??
        advance(plan, { ...state, incarnation: facts.incarnation }, facts, now)
      );
  }
}

function rollBackOnBreach(state: Ramping | Paused, { verdicts }: Facts, now: number): Transition | undefined {
  const breaches = (verdicts?.guardrails ?? []).filter(({ breached }) => breached);
  if (!verdicts || breaches.length === 0) return undefined;
  const because = breaches.map(({ metric }) => metric);
  const suspect = verdicts.sampleRatioMismatch
    ? `; units do not fall into arms as they were dealt (${verdicts.units.control} control, ` +
      `${verdicts.units.treatment} treatment), so what the numbers say beyond that is suspect`
    : "";
  return {
    state: { phase: "rolled back", round: state.round, at: now, because, applied: false },
    entry: { action: "rollback", why: `${breaches.map(breachInWords).join(", ")}${suspect}` },
  };
}

function breachInWords({ metric, harmPValue }: GuardrailVerdict): string {
  return `${metric} is worse than tolerated (p ${harmPValue.toPrecision(2)})`;
}

function pauseOnDoubt(state: Ramping, { verdicts, asAsked }: Facts, now: number): Transition | undefined {
  if (verdicts?.sampleRatioMismatch) {
    const { control, treatment } = verdicts.units;
    return pause(
      state,
      "sample-ratio",
      `units do not fall into arms as they were dealt: ${control} control, ${treatment} treatment`,
      now,
    );
  }
  if (!asAsked && state.applied && now - state.stepAt > settlingMs) {
    return pause(state, "changed by hand", "somebody changed the flag's rules", now);
  }
  return undefined;
}

function pause(state: Ramping, because: Paused["because"], why: string, now: number): Transition {
  const { round, step, stepAt, unitsBefore, incarnation, applied } = state;
  return {
    state: { phase: "paused", because, at: now, round, step, stepAt, unitsBefore, incarnation, applied },
    entry: { action: "pause", why },
  };
}

/** The totals are not those of before: they were lost. What is counted from now on is a comparison of its own. */
function countAnew(state: Ramping, { incarnation }: Facts): Transition | undefined {
  if (state.incarnation === undefined || incarnation === state.incarnation) return undefined;
  return {
    state: { ...state, incarnation, unitsBefore: 0 },
    entry: { action: "count anew", why: "what had been counted was lost; units are counted from here" },
  };
}

function advance(plan: RolloutPlan, state: Ramping, { verdicts }: Facts, now: number): Transition {
  const waiting = (what: Waiting): Transition => ({ state: { ...state, waiting: what } });
  const step = plan.steps[state.step];
  // A plan that has fewer steps by now: its last one is where the rollout stands.
  if (!step)
    return advance(plan, { ...state, step: plan.steps.length - 1, applied: false }, { verdicts } as Facts, now);
  const units = smallerArm(verdicts);
  const missing = step.minimumUnits - (units - state.unitsBefore);
  if (missing > 0) return waiting(trafficMissing(state, units, missing, now));
  if (now < state.stepAt + step.minimumMs) return waiting({ for: "time", until: state.stepAt + step.minimumMs });
  const unmeasured = (verdicts?.guardrails ?? []).filter(({ measured }) => !measured).map(({ metric }) => metric);
  if (unmeasured.length > 0) return waiting({ for: "measurements", unmeasured });
  const next = plan.steps[state.step + 1];
  if (next) {
    return {
      state: {
        ...state,
        step: state.step + 1,
        stepAt: now,
        unitsBefore: units,
        applied: false,
        waiting: { for: "traffic", unitsMissing: next.minimumUnits, expectedAt: undefined },
      },
      entry: { action: "step", why: `no guardrail is breached after ${units} units an arm: on to ${next.percent} %` },
    };
  }
  return shipOrWait(plan, state, verdicts, now);
}

function trafficMissing(state: Ramping, units: number, unitsMissing: number, now: number): Waiting {
  const gained = units - state.unitsBefore;
  const passed = now - state.stepAt;
  const expectedAt = gained > 0 && passed > 0 ? Math.round(now + (unitsMissing * passed) / gained) : undefined;
  return { for: "traffic", unitsMissing, expectedAt };
}

function shipOrWait(plan: RolloutPlan, state: Ramping, verdicts: Verdicts | undefined, now: number): Transition {
  const unsafe = (verdicts?.guardrails ?? []).filter(({ safe }) => !safe).map(({ metric }) => metric);
  const unfulfilled = (verdicts?.wishes ?? []).filter(({ better }) => !better).map(({ metric }) => `${metric} better`);
  const open = [...unsafe, ...unfulfilled];
  if (open.length === 0) {
    if (plan.ship.byHand) return { state: { ...state, waiting: { for: "a person" } } };
    return {
      state: { phase: "shipped", round: state.round, at: now, applied: false },
      entry: { action: "ship", why: "every guardrail is within its margin, and every wish came true" },
    };
  }
  if (now - state.stepAt > plan.giveUpAfterMs) {
    return pause(
      state,
      "inconclusive",
      `no verdict yet on ${open.join(", ")}: more units, a wider margin, or a person`,
      now,
    );
  }
  return { state: { ...state, waiting: { for: "verdict", open } } };
}

function smallerArm(verdicts: Verdicts | undefined): number {
  return verdicts ? Math.min(verdicts.units.control, verdicts.units.treatment) : 0;
}
