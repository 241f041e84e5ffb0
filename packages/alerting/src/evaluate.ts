import { defaultEvery, minuteMs, type Rule } from "./rule.ts";
import type { Verdict } from "./verdict.ts";

/** The state of one alert. Times are milliseconds since the epoch. `resolved` lasts for one evaluation. */
export type AlertState =
  | { readonly status: "inactive"; readonly endedAt?: number }
  | { readonly status: "pending"; readonly since: number; readonly evaluatedAt: number }
  | {
      readonly status: "firing";
      readonly since: number;
      readonly firedAt: number;
      /** When it last began to look well. */
      readonly clearSince?: number;
    }
  | { readonly status: "resolved"; readonly firedAt: number; readonly endedAt: number };

export const inactive: AlertState = { status: "inactive" };

/**
 * The next state of an alert: a function of the rule, what it said of the readings, the state before, and the time
 * of the evaluation. The same in a live evaluation, in a replay of recorded history, and in Prometheus, whose `for`
 * and `keep_firing_for` count the same way.
 */
export function evaluate(rule: Rule, verdict: Verdict, state: AlertState, now: number): AlertState {
  switch (state.status) {
    case "inactive":
    case "resolved":
      return fromRest(rule, verdict, state.endedAt, now);
    case "pending":
      return verdict.outcome === "breach" ? pendingOrFiring(rule, sinceOf(rule, state, now), now) : inactive;
    case "firing":
      return whileFiring(rule, verdict, state, now);
  }
}

function fromRest(rule: Rule, verdict: Verdict, endedAt: number | undefined, now: number): AlertState {
  const refractory = rule.type === "anomaly" ? (rule.refractory ?? 720) * minuteMs : 0;
  const rests = endedAt !== undefined && now >= endedAt && now < endedAt + refractory;
  if (verdict.outcome === "breach" && !rests) return pendingOrFiring(rule, now, now);
  return rests ? { status: "inactive", endedAt } : inactive;
}

function pendingOrFiring(rule: Rule, since: number, now: number): AlertState {
  if (now - since >= (rule.for ?? 0) * minuteMs) return { status: "firing", since, firedAt: now };
  return { status: "pending", since, evaluatedAt: now };
}

/** Nobody saw what happened between two evaluations far apart, or before the clock was set back. */
function sinceOf(rule: Rule, state: { since: number; evaluatedAt: number }, now: number): number {
  const longest = 2 * (rule.every ?? defaultEvery) * minuteMs;
  return now < state.evaluatedAt || now - state.evaluatedAt > longest ? now : state.since;
}

function whileFiring(
  rule: Rule,
  verdict: Verdict,
  state: Extract<AlertState, { status: "firing" }>,
  now: number,
): AlertState {
  const { since, firedAt } = state;
  if (verdict.outcome !== "clear") return { status: "firing", since, firedAt };
  const clearSince = Math.min(state.clearSince ?? now, now);
  if (now - clearSince < (rule.keepFiring ?? 0) * minuteMs) return { status: "firing", since, firedAt, clearSince };
  return { status: "resolved", firedAt, endedAt: now };
}
