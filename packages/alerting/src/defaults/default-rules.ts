import type { Rule } from "../rule.ts";
import { costRules } from "./cost.ts";
import { healthRules } from "./health.ts";
import { performanceRules } from "./performance.ts";
import { qualityRules } from "./quality.ts";
import { defaultThresholds, type Thresholds } from "./thresholds.ts";

/**
 * The fifteen rules that a service starts with: four on performance, four on cost, four on quality, three on health.
 * Each has a reason and a runbook; a rule whose outcomes a service does not have stays quiet.
 */
export function defaultRules(thresholds: Partial<Thresholds> = {}): Rule[] {
  const all = { ...defaultThresholds, ...thresholds };
  return [...performanceRules(all), ...costRules(all), ...qualityRules(all), ...healthRules()];
}
