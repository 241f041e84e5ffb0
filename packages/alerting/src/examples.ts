import type { Alert, TraceExample } from "./alert.ts";
import { type Measure, quantileOf, selectorOf } from "./measure.ts";
import type { Readings, TraceFinder } from "./readings.ts";
import { defaultWindow, minuteMs, type Rule } from "./rule.ts";
import { queriesOf } from "./selector.ts";
import { inWords, measureInWords, minutesInWords } from "./words.ts";

export interface ExamplesOptions {
  readonly traces?: TraceFinder;
  /** Where a trace is looked at; `{traceId}` is replaced. */
  readonly traceUrl?: string;
}

const failing: ReadonlySet<string> = new Set(["errors", "error_rate", "retry_rate"]);

/** The trace that shows best what an alert is about: the last that failed, or the slowest of its window. */
export function exampleOf(rule: Rule, alert: Alert, { traces, traceUrl }: ExamplesOptions): TraceExample | undefined {
  if (!traces) return undefined;
  const why = isAboutFailure(rule) ? "failed" : "slowest";
  const { kind, name } = subjectOf(rule);
  const workflow = alert.labels.workflow ?? (kind === "run" ? name : undefined);
  const [found] = traces.list({
    order: why,
    from: alert.firedAt - windowOf(rule) * minuteMs,
    limit: 1,
    ...(workflow === undefined ? {} : { kind: "run", name: workflow }),
  });
  if (!found) return undefined;
  const { traceId, durationMs } = found;
  return { traceId, why, durationMs, ...(traceUrl ? { url: traceUrl.replaceAll("{traceId}", traceId) } : {}) };
}

/** The quantile itself, which rules do without: people want seconds, not the share of values beyond a line. */
export function quantileText(rule: Rule, alert: Alert, readings: Readings, now: number): string | undefined {
  if (rule.type !== "threshold" || quantileOf(rule.measure) === undefined) return undefined;
  const { measure, window = defaultWindow, by = [] } = rule;
  const of = { ...selectorOf(measure), labels: { ...measure.labels, ...pick(alert.labels, by) } };
  const [signed, ...others] = queriesOf(of);
  // Quantiles of several queries cannot be put together.
  if (!readings.read || !signed || others.length > 0) return undefined;
  const to = Math.floor(now / minuteMs) * minuteMs;
  const values = readings.read({ ...signed.query, from: to - window * minuteMs, to: to - 1 });
  const distribution = measure.metric === "first_chunk" ? values.firstChunk : values.duration;
  const value = distribution.quantile(nearestRank(quantileOf(measure) ?? 0, distribution.count));
  if (value === undefined) return undefined;
  const line = inWords(measure, rule.above ?? rule.below ?? 0);
  const side = rule.above === undefined ? "below" : "above";
  const over = `over ${minutesInWords(window)} (${distribution.count} outcomes)`;
  return `${measureInWords(measure)} ${inWords(measure, value / 1000)} ${over}; alerts ${side} ${line}`;
}

/** The position, 0 to 1, of the nearest rank: the smallest value that at least a share `q` of all is at most. */
export function nearestRank(q: number, count: number): number {
  return count < 2 ? 0 : (Math.max(1, Math.ceil(q * count)) - 1 + 1e-9) / (count - 1);
}

function isAboutFailure(rule: Rule): boolean {
  if (rule.type === "burn-rate") return rule.indicator.fasterThan === undefined;
  return "measure" in rule && failing.has(rule.measure.metric);
}

function subjectOf(rule: Rule): Pick<Measure, "kind" | "name"> {
  switch (rule.type) {
    case "burn-rate":
      return rule.indicator;
    case "absence":
      return rule.of;
    case "threshold":
    case "anomaly":
    case "forecast":
      return rule.measure;
  }
}

function windowOf(rule: Rule): number {
  switch (rule.type) {
    case "burn-rate":
      return Math.min(...rule.windows.map(({ long }) => long));
    case "anomaly":
      return 60;
    case "threshold":
    case "absence":
    case "forecast":
      return rule.window ?? defaultWindow;
  }
}

function pick(labels: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])));
}
