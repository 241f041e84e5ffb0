import type { Metric } from "../metrics/metric.ts";

/** One step of a ramp: that much treatment, and as much control. */
export interface PlanStep {
  /** Percent of all units in treatment; as many are in control. Above 0 and at most 50. */
  readonly percent: number;
  /** Shortest time at this step, milliseconds. */
  readonly minimumMs: number;
  /** Units that each arm must gain at this step. */
  readonly minimumUnits: number;
}

/** A bound on an effect. */
export interface Guardrail {
  readonly metric: Metric;
  /** Roll back once it is certain that the harm is more than this; see `harmPValue` for the scale. Default 0. */
  readonly tolerance: number;
  /** Ship only once it is certain that the harm is less than this; see `nonInferiorityPValue` for the scale. */
  readonly margin: number;
}

/** What shipping needs beside every guardrail's margin, and what follows it. */
export interface ShipRules {
  /** Metrics that must have become better. Default none: not being worse is enough. */
  readonly better: readonly Metric[];
  /** Percent of units that stay in control afterwards. Default 0. */
  readonly holdbackPercent: number;
  /** Waits for a person at the last step instead of shipping by itself. Default false. */
  readonly byHand: boolean;
}

/** How a flag is rolled out. Made by `readPlan`; it is plain data. */
export interface RolloutPlan {
  readonly flag: string;
  readonly description: string;
  /** Where the code is that goes when the flag goes. */
  readonly code: readonly string[];
  readonly steps: readonly PlanStep[];
  readonly guardrails: readonly Guardrail[];
  readonly ship: ShipRules;
  /** Chance of a false rollback over the whole rollout, all guardrails together. */
  readonly alpha: number;
  /** Units of both arms at which means are compared most sharply. */
  readonly tightestAt: number;
  /**
   * Units an arm before a comparison of means may roll back or ship: it rests on the central limit theorem. Events and
   * quantiles are exact from the first unit, and may roll back before.
   */
  readonly burnIn: number;
  /** How long the last step may go on without a verdict before a person is asked, milliseconds. */
  readonly giveUpAfterMs: number;
  /** Whether any setting that the error rates rest on is weaker than its default. Reports say so. */
  readonly hurried: boolean;
}

/** Every metric of a plan once. */
export function metricsOf({ guardrails, ship }: RolloutPlan): readonly Metric[] {
  const all = [...guardrails.map(({ metric }) => metric), ...ship.better];
  return [...new Map(all.map((metric) => [metric.key, metric])).values()];
}
