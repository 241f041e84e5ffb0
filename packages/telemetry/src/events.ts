import { attribute, event } from "./names.ts";
import type { QualityScore } from "./outcome.ts";

/** An event's name and attributes, ready for `operation.event(...)`. */
export type EventParts = readonly [name: string, attributes: Readonly<Record<string, string | number | boolean>>];

/** `gen_ai.evaluation.result` for one score. */
export function evaluationEvent(score: QualityScore): [...EventParts] {
  return [
    event.evaluationResult,
    {
      [attribute.evaluationName]: score.name,
      [attribute.evaluationScore]: score.score,
      ...(score.label === undefined ? {} : { [attribute.evaluationLabel]: score.label }),
      ...(score.explanation === undefined ? {} : { [attribute.evaluationExplanation]: score.explanation }),
    },
  ];
}

/** A flag's decision. `reason` in the words of the conventions: `static`, `split`, `targeting_match`, `error`, … */
export interface FlagEvaluation {
  readonly key: string;
  readonly variant: string;
  readonly provider?: string;
  readonly reason?: string;
}

/** `feature_flag.evaluation` for one decision. */
export function flagEvaluationEvent(evaluation: FlagEvaluation): [...EventParts] {
  return [
    event.flagEvaluation,
    {
      [attribute.flagKey]: evaluation.key,
      [attribute.flagVariant]: evaluation.variant,
      ...(evaluation.provider === undefined ? {} : { [attribute.flagProvider]: evaluation.provider }),
      ...(evaluation.reason === undefined ? {} : { [attribute.flagReason]: evaluation.reason }),
    },
  ];
}
