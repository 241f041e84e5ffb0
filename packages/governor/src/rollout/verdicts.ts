import { sampleRatioLogEvidence } from "@flyball/stats";
import { isMeasured } from "../effects/effect.ts";
import { armsOf, harmPValue, nonInferiorityPValue, type TestOptions } from "../effects/harm.ts";
import type { ComparisonTotals } from "../effects/merge.ts";
import type { Metric } from "../metrics/metric.ts";
import type { Guardrail, RolloutPlan } from "./plan.ts";

/** What the totals say about one guardrail. */
export interface GuardrailVerdict {
  readonly metric: string;
  readonly measured: boolean;
  /** It is certain that the harm is more than tolerated. */
  readonly breached: boolean;
  /** It is certain that the harm is less than the margin. */
  readonly safe: boolean;
  readonly harmPValue: number;
  readonly safetyPValue: number;
}

/** Everything that a step of a rollout is decided by. */
export interface Verdicts {
  readonly guardrails: readonly GuardrailVerdict[];
  readonly wishes: readonly { readonly metric: string; readonly better: boolean }[];
  /** Units do not fall into arms as they were dealt, beyond chance. */
  readonly sampleRatioMismatch: boolean;
  readonly units: { readonly control: number; readonly treatment: number };
}

/** A mismatch is a broken measurement, not a bad optimization: it takes more evidence. */
const mismatchAlpha = 0.001;

/**
 * Judges the totals by a plan. Each guardrail may breach at α/m (Bonferroni), so that the whole rollout is rolled back
 * falsely with a chance of at most α; shipping asks all of them at α, which needs no correction (intersection–union).
 */
export function verdictsOf(plan: RolloutPlan, totals: ComparisonTotals, treatmentShare: number): Verdicts {
  const perGuardrail = plan.alpha / plan.guardrails.length;
  return {
    guardrails: plan.guardrails.map((guardrail) =>
      guardrailVerdict(plan, guardrail, totals, treatmentShare, perGuardrail),
    ),
    wishes: plan.ship.better.map((metric) => ({
      metric: metric.name,
      better: isBetter(plan, metric, totals, treatmentShare),
    })),
    sampleRatioMismatch: hasMismatch(totals, treatmentShare),
    units: { control: totals.control.units, treatment: totals.treatment.units },
  };
}

function guardrailVerdict(
  plan: RolloutPlan,
  { metric, tolerance, margin }: Guardrail,
  totals: ComparisonTotals,
  treatmentShare: number,
  perGuardrail: number,
): GuardrailVerdict {
  const arms = armsOf(totals.control, totals.treatment, metric, treatmentShare);
  const { tightestAt, alpha, burnIn } = plan;
  const smaller = Math.min(arms.control.count, arms.treatment.count);
  const enough = smaller >= burnIn;
  // Errors may be all there is in an arm, so they need no burn-in and no counterpart.
  const exact = metric.shape === "event" || metric.shape === "quantile";
  const measured = isMeasured(arms);
  const options = (level: number): TestOptions => ({ alpha: level, tightestAt });
  const harm = (measured && enough) || exact ? harmPValue(metric, arms, tolerance, options(perGuardrail)) : 1;
  const safety = measured && enough ? nonInferiorityPValue(metric, arms, margin, options(alpha)) : 1;
  return {
    metric: metric.name,
    measured,
    breached: harm <= perGuardrail,
    safe: safety <= alpha,
    harmPValue: harm,
    safetyPValue: safety,
  };
}

/** Better by anything at all: "worse by nothing or more" is refuted. Every wish must come true, so each has all of α. */
function isBetter(plan: RolloutPlan, metric: Metric, totals: ComparisonTotals, treatmentShare: number): boolean {
  const arms = armsOf(totals.control, totals.treatment, metric, treatmentShare);
  const enough = Math.min(arms.control.count, arms.treatment.count) >= plan.burnIn;
  const { alpha, tightestAt } = plan;
  return isMeasured(arms) && enough && nonInferiorityPValue(metric, arms, 0, { alpha, tightestAt }) <= alpha;
}

function hasMismatch({ control, treatment }: ComparisonTotals, treatmentShare: number): boolean {
  if (control.units + treatment.units === 0) return false;
  const evidence = sampleRatioLogEvidence([control.units, treatment.units], [1 - treatmentShare, treatmentShare]);
  return evidence >= Math.log(1 / mismatchAlpha);
}
