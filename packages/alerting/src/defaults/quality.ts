import type { Rule } from "../rule.ts";
import type { Thresholds } from "./thresholds.ts";

/** The score, 0 or 1, that says whether an answer was accepted without being refined. */
export const firstPass = "first_pass";

export function qualityRules(thresholds: Thresholds): Rule[] {
  return [
    {
      type: "threshold",
      name: "quality-score",
      summary: "Answers score lower than they should.",
      reason:
        "A cheaper prompt or model is worth nothing when nobody notices what it loses. By scorer, as scales differ.",
      measure: { metric: "quality", kind: "evaluation", except: [firstPass] },
      by: ["scorer"],
      below: thresholds.qualityScore,
      clear: Math.min(1, thresholds.qualityScore * 1.05),
      window: 60,
      minCount: 10,
      runbook: "docs/runbooks/quality-score.md",
    },
    {
      type: "threshold",
      name: "refinement-rate",
      summary: "Much of the work is done more than once.",
      reason: "Turns of refinement loops beyond the first cost as much as the first, and hide weak first answers.",
      measure: { metric: "refinement_rate", kind: "node" },
      by: ["workflow"],
      above: thresholds.refinementRate,
      clear: thresholds.refinementRate * 0.8,
      window: 60,
      minCount: 50,
      runbook: "docs/runbooks/refinement-rate.md",
    },
    {
      type: "threshold",
      name: "first-pass-acceptance",
      summary: "Few answers are accepted at the first attempt.",
      reason:
        "The loop may still deliver, at several times the price; acceptance falls before scores of final answers do.",
      measure: { metric: "quality", kind: "evaluation", name: firstPass },
      below: thresholds.firstPassRate,
      clear: Math.min(1, thresholds.firstPassRate * 1.1),
      window: 60,
      minCount: 20,
      runbook: "docs/runbooks/first-pass-acceptance.md",
    },
    {
      type: "threshold",
      name: "scoring-errors",
      summary: "Scorers fail, so quality is not known.",
      reason:
        "The other three rules see only what was scored: without this one a broken scorer looks like good answers.",
      measure: { metric: "error_rate", kind: "evaluation" },
      above: thresholds.scoringErrorRate,
      clear: thresholds.scoringErrorRate / 2,
      window: 60,
      minCount: 10,
      runbook: "docs/runbooks/scoring-errors.md",
    },
  ];
}
