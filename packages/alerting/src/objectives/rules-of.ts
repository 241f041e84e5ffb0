import type { BurnRateRule, Rule } from "../rule.ts";
import {
  type AnyObjective,
  burnWindow,
  defaultDays,
  defaultMinCount,
  type Objective,
  pageWindows,
  ticketWindows,
} from "./objective.ts";

/** The alerts of objectives: for each a page and a ticket, which are one alert of two severities. */
export function rulesOf(objectives: readonly AnyObjective[]): Rule[] {
  return objectives.flatMap((objective) => ("target" in objective ? burnRules(objective) : []));
}

function burnRules(objective: Objective): BurnRateRule[] {
  const { name, description, indicator, target, days = defaultDays, minCount = defaultMinCount } = objective;
  const of = (suffix: string, standard: typeof pageWindows): BurnRateRule[] => {
    // A loose objective cannot be missed 14 times over: outcomes cannot be worse than all bad.
    const windows = standard.map((one) => burnWindow(one, days)).filter(({ factor }) => factor * (1 - target) < 1);
    if (windows.length === 0) return [];
    const page = suffix === "page";
    return [
      {
        type: "burn-rate",
        name: `${name}-${suffix}`,
        alert: `${name}-budget`,
        summary: `${description ?? name}: the error budget is spent too fast.`,
        reason: page
          ? "At this pace the budget is gone within days."
          : "At this pace the budget will not last its period.",
        severity: page ? "critical" : "warning",
        indicator,
        target,
        windows,
        minCount,
        every: page ? 1 : 5,
        labels: { ...objective.labels, objective: name },
        runbook: objective.runbook ?? "docs/runbooks/error-budget.md",
      },
    ];
  };
  return [...of("page", pageWindows), ...of("ticket", ticketWindows)];
}
