import { probeName } from "../probes.ts";
import type { Rule } from "../rule.ts";
import type { Severity } from "../severity.ts";

interface Part {
  readonly name: string;
  readonly probe: string;
  readonly summary: string;
  readonly reason: string;
  readonly severity?: Severity;
}

/** More than half of the probes of five minutes failed: one lost packet wakes nobody. */
export function healthRule({ name, probe, summary, reason, severity = "critical" }: Part): Rule {
  return {
    type: "threshold",
    name,
    summary,
    reason,
    severity,
    measure: { metric: "error_rate", kind: "tool", name: probeName(probe) },
    above: 0.5,
    clear: 0.2,
    window: 5,
    minCount: 2,
    every: 1,
    runbook: `docs/runbooks/${name}.md`,
  };
}

export function healthRules(): Rule[] {
  return [
    healthRule({
      name: "redis-health",
      probe: "redis",
      severity: "warning",
      summary: "Redis does not answer.",
      reason: "Caches and checkpoints fall back to this machine: nothing breaks, and nothing is shared any more.",
    }),
    healthRule({
      name: "vector-store-health",
      probe: "vector-store",
      summary: "The vector store does not answer.",
      reason: "Retrieval has no fallback: answers are made up or fail.",
    }),
    healthRule({
      name: "model-provider-health",
      probe: "model-provider",
      summary: "The model provider does not answer.",
      reason: "Nothing runs without it. The probe notices at night, when no run fails because none is made.",
    }),
  ];
}
