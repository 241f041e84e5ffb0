import type { Rule } from "../rule.ts";
import type { Thresholds } from "./thresholds.ts";

export const cacheHit = ["hit", "stale", "coalesced"] as const;

export function costRules(thresholds: Thresholds): Rule[] {
  return [
    {
      type: "threshold",
      name: "hourly-cost",
      summary: "The last hour was expensive.",
      reason: "An hour is the shortest time in which a loop or a leaked key costs more than looking into it.",
      measure: { metric: "cost" },
      above: thresholds.hourlyUsd,
      window: 60,
      cooldown: 60,
      runbook: "docs/runbooks/hourly-cost.md",
    },
    {
      type: "threshold",
      name: "cost-projection",
      summary: "At this pace the day will cost more than planned.",
      reason: "Six hours even out bursts and still leave most of the day to do something about it.",
      measure: { metric: "cost", per: "day" },
      above: thresholds.dailyUsd,
      clear: thresholds.dailyUsd * 0.9,
      window: 360,
      cooldown: 360,
      runbook: "docs/runbooks/cost-projection.md",
    },
    {
      type: "threshold",
      name: "cache-hit-rate",
      summary: "A cache answers less than it should.",
      reason: "Every miss is paid for and waited for. A rate that falls after a release is a key that changed.",
      measure: {
        metric: "ratio",
        kind: "cache",
        labels: { result: [...cacheHit, "miss"] },
        part: { labels: { result: cacheHit } },
      },
      by: ["cache"],
      below: thresholds.cacheHitRate,
      clear: Math.min(1, thresholds.cacheHitRate * 1.1),
      window: 60,
      minCount: 50,
      runbook: "docs/runbooks/cache-hit-rate.md",
    },
    {
      type: "threshold",
      name: "cost-per-run",
      summary: "A run costs more than it should.",
      reason: "It does not depend on traffic: it rises when a prompt grows, a loop turns more often, a model changed.",
      measure: { metric: "cost_per_run" },
      by: ["workflow"],
      above: thresholds.runUsd,
      clear: thresholds.runUsd * 0.9,
      window: 60,
      minCount: 10,
      runbook: "docs/runbooks/cost-per-run.md",
    },
  ];
}
