import { recorded } from "../names.ts";
import {
  type AbsenceRule,
  alertOf,
  type BurnRateRule,
  defaultEvery,
  defaultWindow,
  type Rule,
  severityOf,
  type ThresholdRule,
} from "../rule.ts";
import { indicatorInputs } from "../rules/burn-rate.ts";
import { durationOf, NotExportable } from "./exportable.ts";
import {
  badShareExpression,
  countExpression,
  type ExpressionContext,
  increase,
  valueExpression,
} from "./expressions.ts";
import { alertName, type PrometheusRule } from "./prometheus-rule.ts";

export interface ExportRuleOptions {
  /** The service's own labels. */
  readonly labels?: readonly string[];
  /** Put before runbooks that are paths, with a slash at its end. */
  readonly runbookBase?: string;
}

/** The recording rules and the alert of a rule, in the order of evaluation. @throws NotExportable */
export function exportRule(rule: Rule, options: ExportRuleOptions = {}): PrometheusRule[] {
  switch (rule.type) {
    case "threshold":
      return exportThreshold(rule, options);
    case "burn-rate":
      return exportBurnRate(rule, options);
    case "absence":
      return exportAbsence(rule, options);
    case "anomaly":
      throw new NotExportable("a baseline by the hour of the day is kept in the process only");
    case "forecast":
      throw new NotExportable("what was spent since the period began is known in the process only");
  }
}

function exportThreshold(rule: ThresholdRule, options: ExportRuleOptions): PrometheusRule[] {
  const { by = [], window = defaultWindow, above, below, minCount = 1, noData = "ok", lowTraffic = "ok" } = rule;
  const context: ExpressionContext = { by, window, labels: options.labels ?? [] };
  const value = reference(recorded.value, rule);
  const count = reference(recorded.count, rule);
  // A sum above zero has something behind it; anything else needs to know how much.
  const counts = minCount > 1 || above === undefined || above < 0 || noData !== "ok" || lowTraffic !== "ok";
  const enough = counts ? ` and ${count} >= ${minCount}` : "";
  const beyond = (line: number): string => `(${value} ${above === undefined ? "<" : ">"} ${line}${enough})`;
  const line = above ?? below ?? 0;
  const terms = [beyond(line)];
  const wasFiring = firingBefore(rule, by);
  if (rule.clear !== undefined && rule.clear !== line) terms.push(`(${beyond(rule.clear)} and ${wasFiring})`);
  if (lowTraffic === "keep") terms.push(`((${count} > 0) < ${minCount} and ${wasFiring})`);
  if (noData === "keep") terms.push(`(${wasFiring} unless ${count} > 0)`);
  if (noData === "alert") terms.push(`${count} == 0`, ...(by.length === 0 ? [`absent(${count})`] : []));
  return [
    record(recorded.value, rule, valueExpression(rule.measure, context)),
    ...(counts ? [record(recorded.count, rule, countExpression(rule.measure, context))] : []),
    alert(rule, terms.join("\nor "), options),
  ];
}

/** The alerts of the rule that fired at the evaluation before. One that ended since has a stale marker in between. */
function firingBefore(rule: Rule, by: readonly string[]): string {
  const matchers = `alertname="${alertName(alertOf(rule))}",alertstate="firing",rule="${rule.name}"`;
  const sinceBefore = `${(rule.every ?? defaultEvery) * 60 + 30}s`;
  return `max by (${["rule", ...by].join(", ")}) (last_over_time(ALERTS{${matchers}}[${sinceBefore}]))`;
}

function exportBurnRate(rule: BurnRateRule, options: ExportRuleOptions): PrometheusRule[] {
  const inputs = indicatorInputs(rule.indicator);
  const { minCount = 1 } = rule;
  const context = (window: number): ExpressionContext => ({ by: [], window, labels: options.labels ?? [] });
  const windows = [...new Set(rule.windows.flatMap(({ long, short }) => [short, long]))].sort((a, b) => a - b);
  const longs = [...new Set(rule.windows.map(({ long }) => long))];
  const terms = rule.windows.map(({ long, short, factor }) => {
    const line = Number((factor * (1 - rule.target)).toPrecision(12));
    const share = (minutes: number): string =>
      `max by (rule) (${reference(recorded.badShare, rule, minutes)}) > ${line}`;
    const enough = minCount > 1 ? ` and max by (rule) (${reference(recorded.count, rule, long)}) >= ${minCount}` : "";
    return `(${share(long)} and ${share(short)}${enough})`;
  });
  return [
    ...windows.map((minutes) => record(recorded.badShare, rule, badShareExpression(inputs, context(minutes)), minutes)),
    ...(minCount > 1
      ? longs.map((minutes) => record(recorded.count, rule, increase(inputs.total, context(minutes)), minutes))
      : []),
    alert(rule, terms.join("\nor "), options),
  ];
}

function exportAbsence(rule: AbsenceRule, options: ExportRuleOptions): PrometheusRule[] {
  const { window = defaultWindow } = rule;
  const outcomes = increase({ of: rule.of, field: "outcomes" }, { by: [], window, labels: options.labels ?? [] });
  const count = reference(recorded.count, rule);
  return [record(recorded.count, rule, outcomes), alert(rule, `${count} == 0 or absent(${count})`, options)];
}

function reference(name: string, rule: Rule, minutes?: number): string {
  return `${name}{rule="${rule.name}"${minutes === undefined ? "" : `,window="${durationOf(minutes)}"`}}`;
}

function record(name: string, rule: Rule, expr: string, minutes?: number): PrometheusRule {
  const window = minutes === undefined ? {} : { window: durationOf(minutes) };
  return { record: name, expr, labels: { rule: rule.name, ...window } };
}

function alert(rule: Rule, expr: string, { runbookBase = "" }: ExportRuleOptions): PrometheusRule {
  const runbook = rule.runbook && (/^https?:/.test(rule.runbook) ? rule.runbook : `${runbookBase}${rule.runbook}`);
  return {
    alert: alertName(alertOf(rule)),
    expr,
    ...(rule.for ? { for: durationOf(rule.for) } : {}),
    ...(rule.keepFiring ? { keep_firing_for: durationOf(rule.keepFiring) } : {}),
    labels: { severity: severityOf(rule), ...rule.labels },
    annotations: {
      summary: rule.summary,
      description: "Measured {{ $value | humanize }}.",
      ...(runbook === undefined ? {} : { runbook_url: runbook }),
    },
  };
}
