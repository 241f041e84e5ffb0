import type { Effect } from "../effects/effect.ts";
import type { RolloutPlan } from "./plan.ts";
import type { RolloutState, Waiting } from "./state.ts";

/** A rollout's state, as one would say it. */
export function stateInWords(plan: RolloutPlan, state: RolloutState): string {
  switch (state.phase) {
    case "waiting":
      return "not begun";
    case "ramping": {
      const percent = plan.steps[Math.min(state.step, plan.steps.length - 1)]?.percent;
      return `${percent} % treatment and ${percent} % control, step ${state.step + 1} of ${plan.steps.length}: ${waitingInWords(state.waiting)}`;
    }
    case "paused":
      return `paused: ${state.because}`;
    case "rolled back":
      return `rolled back: ${state.because.join(", ")}`;
    case "shipped":
      return plan.ship.holdbackPercent > 0
        ? `shipped, ${plan.ship.holdbackPercent} % held back as control`
        : `shipped, ready for removal${plan.code.length > 0 ? ` with the plain path in ${plan.code.join(", ")}` : ""}`;
  }
}

function waitingInWords(waiting: Waiting): string {
  switch (waiting.for) {
    case "time":
      return `until ${new Date(waiting.until).toISOString()} at least`;
    case "traffic": {
      const when = waiting.expectedAt === undefined ? "" : `, expected ${new Date(waiting.expectedAt).toISOString()}`;
      return `not enough traffic, ${waiting.unitsMissing} more units an arm are needed${when}`;
    }
    case "verdict":
      return `no verdict yet on ${waiting.open.join(", ")}`;
    case "measurements":
      return `nothing is measured of ${waiting.unmeasured.join(", ")}`;
    case "a person":
      return "ready to ship, by hand";
  }
}

/** An effect, as one would say it. */
export function effectInWords({ metric, control, treatment, scale, difference, verdict }: Effect): string {
  const arms = `${figure(treatment.value)} in treatment (${treatment.units} units), ${figure(control.value)} in control (${control.units} units)`;
  if (!difference) return `${metric}: ${verdict === "unmeasured" ? "not measured" : "too early to say"}; ${arms}`;
  const change = scale === "relative" ? percent : figure;
  const interval = `${change(difference.estimate)} [${change(difference.lower)}, ${change(difference.upper)}]`;
  return `${metric}: ${verdict}, ${interval}; ${arms}`;
}

function figure(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "–";
}

function percent(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return `${value >= 0 ? "+" : "−"}${Math.abs(value * 100).toFixed(1)} %`;
}
