import { stringify } from "yaml";
import { partsOf } from "../measure.ts";
import { defaultEvery, type Rule } from "../rule.ts";
import { histogramOf } from "./counters.ts";
import { type ExportRuleOptions, exportRule } from "./export-rule.ts";
import { durationOf, NotExportable } from "./exportable.ts";
import type { PrometheusRule } from "./prometheus-rule.ts";

export interface ExportOptions extends ExportRuleOptions {
  /** Before the name of every group. Default `flyball`. */
  readonly group?: string;
}

export interface ExportedRules {
  /** A rule file for Prometheus 2.42 or later. */
  readonly yaml: string;
  readonly groups: readonly PrometheusGroup[];
  /** Rules that are evaluated in the process only, and why. */
  readonly skipped: readonly { readonly rule: string; readonly reason: string }[];
}

export interface PrometheusGroup {
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly PrometheusRule[];
}

/** The same rules for Prometheus. Rules of one interval are a group, recording rules before the alerts that read them. */
export function exportRules(rules: readonly Rule[], options: ExportOptions = {}): ExportedRules {
  const skipped: { rule: string; reason: string }[] = [];
  const byInterval = new Map<number, PrometheusRule[]>();
  for (const rule of rules) {
    const every = rule.every ?? defaultEvery;
    try {
      byInterval.set(every, [...(byInterval.get(every) ?? []), ...exportRule(rule, options)]);
    } catch (error) {
      if (!(error instanceof NotExportable)) throw error;
      skipped.push({ rule: rule.name, reason: error.message });
    }
  }
  const groups = [...byInterval]
    .toSorted(([a], [b]) => a - b)
    .map(([every, ofInterval]) => ({
      name: `${options.group ?? "flyball"}-every-${durationOf(every)}`,
      interval: durationOf(every),
      rules: ofInterval,
    }));
  return { groups, skipped, yaml: `${heading(skipped)}${stringify({ groups }, { lineWidth: 0 })}` };
}

function heading(skipped: ExportedRules["skipped"]): string {
  const lines = ["Generated from Flyball's alert rules. Do not edit: change the rules and export them again."];
  for (const { rule, reason } of skipped) lines.push(`Not here: ${rule}, since ${reason}.`);
  return `${lines.map((line) => `# ${line}`).join("\n")}\n`;
}

/**
 * Bucket bounds that the rules need, by Prometheus family, for `createOutcomeMetrics({ thresholds })`: with a bucket
 * at its line a quantile is compared exactly.
 */
export function bucketThresholds(rules: readonly Rule[], labels: readonly string[] = []): Record<string, number[]> {
  const bounds = new Map<string, Set<number>>();
  for (const rule of rules) {
    const { input, lines } = linesOf(rule);
    if (!input || lines.length === 0) continue;
    try {
      const family = histogramOf(input, labels).name.replace(/_bucket$/, "");
      bounds.set(family, new Set([...(bounds.get(family) ?? []), ...lines]));
    } catch (error) {
      // What Prometheus has no series for needs no bucket.
      if (!(error instanceof NotExportable)) throw error;
    }
  }
  return Object.fromEntries([...bounds].map(([family, set]) => [family, [...set].sort((a, b) => a - b)]));
}

function linesOf(rule: Rule) {
  if (rule.type === "burn-rate") {
    const { fasterThan, ...of } = rule.indicator;
    const lines = fasterThan === undefined ? [] : [fasterThan];
    return { input: { of, field: "durations" } as const, lines };
  }
  if (rule.type !== "threshold") return { input: undefined, lines: [] };
  const parts = partsOf(rule.measure);
  const lines = [rule.above, rule.below, rule.clear].filter((line) => line !== undefined);
  return { input: parts.type === "quantile" ? parts.values : undefined, lines };
}
