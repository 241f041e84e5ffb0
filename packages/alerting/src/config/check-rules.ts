import { ConfigurationError } from "@flyball/core";
import type { OperationKind } from "@flyball/telemetry";
import { isSum, type Measure, type Metric, quantileOf, selectorOf } from "../measure.ts";
import { alertOf, groupingOf, type Rule, severityOf, type ThresholdRule } from "../rule.ts";
import { nameLabels, type Selector } from "../selector.ts";
import { severityRank } from "../severity.ts";
import { oneOf } from "./nearest.ts";

export interface CheckOptions {
  /** Labels of the service's own that windows keep: what `createTelemetry({ labels })` was given. */
  readonly labels?: readonly string[];
}

/** Labels that series of a kind carry, in Prometheus' spelling. */
export const kindLabels: Readonly<Record<OperationKind, readonly string[]>> = {
  run: ["workflow", "priority"],
  node: ["workflow", "node", "priority"],
  model: ["workflow", "model", "provider", "operation"],
  embedding: ["workflow", "model", "provider", "operation"],
  retrieval: ["source"],
  tool: ["tool"],
  database: ["operation"],
  cache: ["cache", "level", "result"],
  http: ["method", "route", "status_code"],
  evaluation: ["scorer", "workflow"],
};

/** Labels of metrics that come from operations of several kinds. */
const metricLabels: Readonly<Partial<Record<Metric, readonly string[]>>> = {
  cost: ["workflow", "model", "provider"],
  cost_per_run: ["workflow"],
  unpriced: ["model", "provider"],
  avoided_cost: ["cache", "level"],
  input_tokens: ["model", "provider"],
  output_tokens: ["model", "provider"],
  quality: ["scorer", "workflow"],
};

/** Metrics that say nothing unless the kind of operation is known. */
const needsKind: ReadonlySet<Metric> = new Set([
  "duration",
  "count",
  "errors",
  "error_rate",
  "retry_rate",
  "refinement_rate",
  "ratio",
]);

/** Contradictions that a schema cannot see. @throws ConfigurationError */
export function checkRules(rules: readonly Rule[], path: string, options: CheckOptions = {}): void {
  const names = new Set<string>();
  for (const [index, rule] of rules.entries()) {
    const at = `${path}[${index}]`;
    if (names.has(rule.name)) throw new ConfigurationError(`${at}.name`, rule.name, "a name that no other rule has");
    names.add(rule.name);
    checkRule(rule, at, options);
  }
  checkSeverities(rules, path);
}

function checkRule(rule: Rule, at: string, options: CheckOptions): void {
  switch (rule.type) {
    case "threshold":
      checkMeasure(rule.measure, `${at}.measure`, options);
      checkLabels(rule.by ?? [], knownLabels(rule.measure, options), `${at}.by`);
      checkThreshold(rule, at);
      break;
    case "burn-rate":
      if (rule.indicator.kind === undefined) {
        throw new ConfigurationError(`${at}.indicator.kind`, undefined, "a kind of operation");
      }
      checkSelector(rule.indicator, kindLabels[rule.indicator.kind], `${at}.indicator`, options);
      for (const [index, { long, short }] of rule.windows.entries()) {
        if (short >= long)
          throw new ConfigurationError(`${at}.windows[${index}].short`, short, `less than long, ${long}`);
      }
      break;
    case "absence":
      if (rule.of.kind === undefined) throw new ConfigurationError(`${at}.of.kind`, undefined, "a kind of operation");
      checkSelector(rule.of, kindLabels[rule.of.kind], `${at}.of`, options);
      break;
    case "anomaly":
      checkMeasure(rule.measure, `${at}.measure`, options);
      if (quantileOf(rule.measure) !== undefined) {
        throw new ConfigurationError(
          `${at}.measure.statistic`,
          rule.measure.statistic,
          "mean: quantiles have no baseline",
        );
      }
      break;
    case "forecast":
      checkMeasure(rule.measure, `${at}.measure`, options);
      if (!isSum(rule.measure)) {
        throw new ConfigurationError(`${at}.measure.metric`, rule.measure.metric, "a sum, such as cost");
      }
      break;
  }
}

function checkMeasure(measure: Measure, at: string, options: CheckOptions): void {
  const { metric, statistic, part, per, kind } = measure;
  if (kind === undefined && needsKind.has(metric)) {
    throw new ConfigurationError(`${at}.kind`, undefined, `a kind of operation, which ${metric} needs`);
  }
  if (metric === "first_chunk" && kind !== "model") {
    throw new ConfigurationError(`${at}.kind`, kind, "model: only model calls stream chunks");
  }
  if (statistic !== undefined && metric !== "duration" && metric !== "first_chunk") {
    throw new ConfigurationError(`${at}.statistic`, statistic, "no statistic, except for duration and first_chunk");
  }
  if ((part !== undefined) !== (metric === "ratio")) {
    throw new ConfigurationError(
      `${at}.part`,
      part,
      metric === "ratio" ? "the outcomes that count" : "nothing but for ratio",
    );
  }
  if (per !== undefined && !isSum(measure)) {
    throw new ConfigurationError(`${at}.per`, per, "nothing, except for sums such as cost or count");
  }
  const known = knownLabels(measure, options);
  checkSelector(selectorOf(measure), known, at, options);
  if (part) checkSelector(part, known, `${at}.part`, options);
}

function knownLabels({ metric, kind }: Measure, { labels = [] }: CheckOptions): readonly string[] {
  return [...(metricLabels[metric] ?? (kind === undefined ? [] : kindLabels[kind])), ...labels];
}

function checkSelector(
  { kind, except, labels = {} }: Selector,
  known: readonly string[],
  at: string,
  options: CheckOptions,
): void {
  if (except !== undefined && (kind === undefined || nameLabels[kind] === undefined)) {
    throw new ConfigurationError(`${at}.except`, except, "a kind whose operations are told apart by name");
  }
  checkLabels(Object.keys(labels), [...known, ...(options.labels ?? [])], `${at}.labels`);
}

function checkLabels(keys: readonly string[], known: readonly string[], at: string): void {
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown !== undefined) throw new ConfigurationError(at, unknown, oneOf(known, unknown));
}

function checkThreshold({ above, below, clear, minCount }: ThresholdRule, at: string): void {
  if ((above === undefined) === (below === undefined)) {
    throw new ConfigurationError(at, { above, below }, "either above or below");
  }
  if (clear !== undefined && above !== undefined && clear > above) {
    throw new ConfigurationError(`${at}.clear`, clear, `at most above, ${above}: an alert ends on the good side`);
  }
  if (clear !== undefined && below !== undefined && clear < below) {
    throw new ConfigurationError(`${at}.clear`, clear, `at least below, ${below}: an alert ends on the good side`);
  }
  if (minCount !== undefined && !(minCount >= 1))
    throw new ConfigurationError(`${at}.minCount`, minCount, "at least 1");
}

/** Rules of one alert escalate: the more severe one has the threshold that is further out. */
function checkSeverities(rules: readonly Rule[], path: string): void {
  const thresholds = rules.filter((rule) => rule.type === "threshold");
  for (const rule of thresholds) {
    for (const other of thresholds) {
      if (alertOf(rule) !== alertOf(other) || severityRank[severityOf(rule)] <= severityRank[severityOf(other)])
        continue;
      const swapped =
        (rule.above !== undefined && other.above !== undefined && rule.above < other.above) ||
        (rule.below !== undefined && other.below !== undefined && rule.below > other.below);
      const at = `${path}[${rules.indexOf(rule)}]`;
      if (swapped) {
        const expected = `beyond ${other.above ?? other.below}, that of the less severe rule ${other.name}`;
        throw new ConfigurationError(
          `${at}.${rule.above === undefined ? "below" : "above"}`,
          rule.above ?? rule.below,
          expected,
        );
      }
      if (groupingOf(rule).join() !== groupingOf(other).join()) {
        throw new ConfigurationError(`${at}.by`, rule.by, `the same as that of ${other.name}, which is the same alert`);
      }
    }
  }
}
