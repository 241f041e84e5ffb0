import type { Rule } from "../rule.ts";
import type { Thresholds } from "./thresholds.ts";

export function performanceRules(thresholds: Thresholds): Rule[] {
  return [
    {
      type: "threshold",
      name: "run-latency",
      summary: "Runs are slow: one in twenty takes longer than people wait.",
      reason: "The p95 is what a user meets about once a day. An average hides it and a p99 is noise below 100 runs.",
      measure: { metric: "duration", statistic: "p95", kind: "run" },
      by: ["workflow"],
      above: thresholds.runSeconds,
      clear: thresholds.runSeconds * 0.8,
      minCount: 10,
      runbook: "docs/runbooks/run-latency.md",
    },
    {
      type: "threshold",
      name: "run-errors",
      summary: "Runs fail.",
      reason: "Retries hide single failures of a provider, so one run in twenty that still fails is no accident.",
      severity: "critical",
      measure: { metric: "error_rate", kind: "run" },
      by: ["workflow"],
      above: thresholds.runErrorRate,
      clear: thresholds.runErrorRate * 0.6,
      minCount: 20,
      runbook: "docs/runbooks/run-errors.md",
    },
    {
      type: "threshold",
      name: "model-latency",
      summary: "A model answers slowly.",
      reason: "Model calls are most of a run's time. By model, since a slow one hides behind many fast ones.",
      measure: { metric: "duration", statistic: "p95", kind: "model" },
      by: ["model"],
      above: thresholds.modelSeconds,
      clear: thresholds.modelSeconds * 0.8,
      minCount: 20,
      runbook: "docs/runbooks/model-latency.md",
    },
    {
      type: "threshold",
      name: "model-retries",
      summary: "Model calls need more than one try.",
      reason: "Retries are latency and money before they are errors: they rise some minutes before runs fail.",
      measure: { metric: "retry_rate", kind: "model" },
      above: thresholds.retryRate,
      clear: thresholds.retryRate / 2,
      minCount: 20,
      runbook: "docs/runbooks/model-retries.md",
    },
  ];
}
