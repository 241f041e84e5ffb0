import { comparisonOf, type FlagDefinition, newFlag, withKill, withRollout, withShipped } from "@flyball/flags";
import type { RolloutPlan } from "./plan.ts";
import type { RolloutState } from "./state.ts";

/** The comparison's name in a round: units are dealt anew each time. */
export function groupOf(flag: string, round: number): string {
  return `${flag}#${round}`;
}

/** The flag as a state asks for it; undefined where the state asks for nothing. */
export function spreadFor(
  plan: RolloutPlan,
  state: RolloutState,
): ((current: FlagDefinition | undefined) => FlagDefinition | undefined) | undefined {
  const { flag, description, steps, ship } = plan;
  switch (state.phase) {
    case "waiting":
    case "paused":
      return undefined;
    case "ramping": {
      const percent = steps[Math.min(state.step, steps.length - 1)]?.percent ?? 0;
      const comparison = groupOf(flag, state.round);
      return (current) => withRollout(current ?? newFlag(flag, description), { percent, comparison });
    }
    case "rolled back":
      return (current) => current && withKill(current);
    case "shipped":
      return (current) => ({
        ...withShipped(
          current ?? newFlag(flag, description),
          ship.holdbackPercent,
          `${groupOf(flag, state.round)}:shipped`,
        ),
        // Unleash's word for a flag that may go.
        stale: ship.holdbackPercent === 0,
      });
  }
}

/** Whether the rules in force are those that a ramp asks for. */
export function isAsAsked(plan: RolloutPlan, state: RolloutState, definition: FlagDefinition | undefined): boolean {
  if (state.phase !== "ramping") return true;
  const asked = spreadFor(plan, state)?.(definition);
  const wanted = asked && comparisonOf(asked);
  const found = definition && comparisonOf(definition);
  return wanted?.id === found?.id && wanted?.exposedPercent === found?.exposedPercent;
}

/** Where the numbers of a round are, whatever the rules in force: also after a rollback. */
export function comparisonOfRound(plan: RolloutPlan, round: number): { readonly flag: string; readonly id: string } {
  const { flag } = plan;
  const probe = comparisonOf(withRollout(newFlag(flag), { percent: 1, comparison: groupOf(flag, round) }));
  return { flag, id: probe?.id ?? groupOf(flag, round) };
}

/**
 * The ramp that a flag's rules show, for when its rollout's state was lost: a flag that is exposed must not be left
 * without its guardrails. Undefined when the rules are not those of a ramp of ours.
 */
export function rampInForce(
  plan: RolloutPlan,
  definition: FlagDefinition | undefined,
  now: number,
): Extract<RolloutState, { phase: "ramping" }> | undefined {
  const found = definition && comparisonOf(definition);
  const round = Number(found?.id.match(/#(\d+)\/500:500$/)?.[1]);
  if (!found || comparisonOfRound(plan, round).id !== found.id) return undefined;
  const step = plan.steps.findLastIndex(({ percent }) => percent * 2 <= found.exposedPercent);
  return {
    phase: "ramping",
    round,
    step: Math.max(0, step),
    stepAt: now,
    unitsBefore: 0,
    incarnation: undefined,
    applied: true,
    waiting: { for: "time", until: now },
  };
}
