import type { Rule } from "../rule.ts";
import { cacheHit } from "./cost.ts";
import { healthRule } from "./health.ts";

export interface DocumentRulesOptions {
  /** The workflow that makes documents. Default `fir`. */
  readonly workflow?: string;
  /** The cache in front of its knowledge base. Default `knowledge-base`. */
  readonly cache?: string;
}

/** What a service that makes documents is held to: slow, failing, uncached, or without its model server. */
export function documentRules({ workflow = "fir", cache = "knowledge-base" }: DocumentRulesOptions = {}): Rule[] {
  return [
    {
      type: "threshold",
      name: "document-latency",
      summary: "Documents take too long.",
      reason: "From the first request to the final document people are promised 30 seconds.",
      severity: "critical",
      measure: { metric: "duration", statistic: "p95", kind: "run", name: workflow },
      above: 30,
      clear: 25,
      every: 1,
      minCount: 5,
      runbook: "docs/runbooks/document-latency.md",
    },
    {
      type: "threshold",
      name: "document-errors",
      summary: "Documents are not made.",
      reason: "Someone waits for each of them, and a failed one is started again by hand.",
      severity: "critical",
      measure: { metric: "error_rate", kind: "run", name: workflow },
      above: 0.05,
      clear: 0.03,
      every: 1,
      minCount: 10,
      runbook: "docs/runbooks/document-errors.md",
    },
    {
      type: "threshold",
      name: "knowledge-base-cache",
      summary: "The knowledge base is asked again for what it has answered.",
      reason: "A cached query takes a fifth of the time; half of the queries of a usual day repeat.",
      measure: {
        metric: "ratio",
        kind: "cache",
        name: cache,
        labels: { result: [...cacheHit, "miss"] },
        part: { labels: { result: cacheHit } },
      },
      below: 0.5,
      clear: 0.55,
      every: 1,
      window: 60,
      minCount: 20,
      runbook: "docs/runbooks/knowledge-base-cache.md",
    },
    healthRule({
      name: "model-server-health",
      probe: "model-server",
      summary: "The model server does not answer.",
      reason: "Four of the five steps of a document ask it.",
    }),
  ];
}
