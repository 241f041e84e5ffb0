import { comparisonOf, type FlagDefinition } from "@flyball/flags";
import { defaultMetrics, type Metric } from "../metrics/metric.ts";

/** A comparison that is measured: a flag's arms under one deal of units. */
export interface MeasuredComparison {
  readonly flag: string;
  /** Where its totals are in the ledger, and what tells it from other deals of the same flag. */
  readonly id: string;
  readonly treatmentShare: number;
  readonly exposedPercent: number;
  readonly metrics: readonly Metric[];
}

/** What is compared under the rules in force; a flag without a plan is measured by the standard metrics. */
export function comparisonsOf(
  definitions: readonly FlagDefinition[],
  metricsOf: (flag: string) => readonly Metric[] | undefined,
): MeasuredComparison[] {
  return definitions.flatMap((definition) => {
    const comparison = comparisonOf(definition);
    return comparison ? [{ ...comparison, metrics: metricsOf(comparison.flag) ?? defaultMetrics }] : [];
  });
}
