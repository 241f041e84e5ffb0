import type { Group, Sums } from "../history/history.ts";
import { type Need, need } from "../history/need.ts";
import { partsOf } from "../measure.ts";
import { defaultWindow, minuteMs, type ThresholdRule } from "../rule.ts";
import type { Verdict } from "../verdict.ts";
import { inWords, measureInWords, minutesInWords } from "../words.ts";
import type { CompiledRule } from "./compiled.ts";
import { measureReader } from "./read-measure.ts";

/** What was found in the window: whether it is beyond the threshold, and whether it is still beyond `clear`. */
interface Found {
  readonly count: number;
  readonly beyond: boolean;
  readonly beyondClear: boolean;
  readonly value: number | undefined;
}

interface Finder {
  readonly needs: readonly Need[];
  find(sums: Sums, group: Group, atMs: number): Found;
}

export function compileThreshold(rule: ThresholdRule): CompiledRule {
  const finder = partsOf(rule.measure).type === "quantile" ? quantileFinder(rule) : valueFinder(rule);
  return {
    rule,
    needs: finder.needs,
    judge(sums, group, atMs) {
      const found = finder.find(sums, group, atMs);
      if (found.count === 0) return unknown(rule, found, "no data", rule.noData ?? "ok");
      if (found.count < (rule.minCount ?? 1)) return unknown(rule, found, "low traffic", rule.lowTraffic ?? "ok");
      const outcome = found.beyond ? "breach" : found.beyondClear ? "hold" : "clear";
      return { outcome, because: "value", value: found.value, text: textOf(rule, found.value, found.count) };
    },
  };
}

const outcomeOf = { ok: "clear", keep: "hold", alert: "breach" } as const;

function unknown(
  rule: ThresholdRule,
  { count }: Found,
  because: "no data" | "low traffic",
  policy: keyof typeof outcomeOf,
): Verdict {
  const window = minutesInWords(rule.window ?? defaultWindow);
  const text = count === 0 ? `nothing to measure in ${window}` : `only ${count} outcomes in ${window}, too few`;
  return { outcome: outcomeOf[policy], because, value: undefined, text };
}

/** For sums, ratios and means. */
function valueFinder(rule: ThresholdRule): Finder {
  const { measure, above, below } = rule;
  const reader = measureReader(measure, rule.by ?? [], rule.window ?? defaultWindow);
  const isBeyond = (value: number | undefined, line: number): boolean => {
    if (value === undefined) return false;
    return above === undefined ? value < line : value > line;
  };
  const line = above ?? below ?? 0;
  return {
    needs: reader.needs,
    find(sums, group, atMs) {
      const { value, count } = reader.read(sums, group, atMs);
      const beyond = isBeyond(value, line);
      return { value, count, beyond, beyondClear: beyond || isBeyond(value, rule.clear ?? line) };
    },
  };
}

/**
 * A quantile is above a line when too few values are at most the line. Only two sums are needed, and it is what
 * `histogram_quantile` decides when a bucket ends at the line: with 10 values, one slow one is beyond the p95 in both.
 */
function quantileFinder(rule: ThresholdRule): Finder {
  const parts = partsOf(rule.measure);
  if (parts.type !== "quantile") throw new RangeError("no quantile");
  const { q, values } = parts;
  const { above, below, by = [], window = defaultWindow } = rule;
  const line = above ?? below ?? 0;
  const all = need(values, by, window);
  const under = (seconds: number): Need => need({ ...values, atMost: seconds }, by, window);
  const atLine = under(line);
  const atClear = under(rule.clear ?? line);
  const isBeyond = (atMost: number, count: number): boolean =>
    above === undefined ? atMost >= q * count : atMost < q * count;
  return {
    needs: [all, atLine, atClear],
    find(sums, group, atMs) {
      const from = atMs - window * minuteMs;
      const count = sums.sum(all, group, from, atMs);
      if (count === 0) return { count, beyond: false, beyondClear: false, value: undefined };
      const within = sums.sum(atLine, group, from, atMs);
      const beyond = isBeyond(within, count);
      const beyondClear = beyond || isBeyond(sums.sum(atClear, group, from, atMs), count);
      // How much is beyond the line is what the sums know; the quantile itself is read when somebody is told.
      return { count, beyond, beyondClear, value: above === undefined ? within / count : 1 - within / count };
    },
  };
}

function textOf(rule: ThresholdRule, value: number | undefined, count: number): string {
  const { measure, above, below, window = defaultWindow } = rule;
  const direction = above === undefined ? "below" : "above";
  const line = inWords(measure, above ?? below ?? 0);
  const over = `over ${minutesInWords(window)} (${count} outcomes)`;
  if (partsOf(measure).type === "quantile") {
    const share = `${((value ?? 0) * 100).toFixed(1)} % of values ${above === undefined ? "within" : "above"} ${line}`;
    return `${measureInWords(measure)}: ${share} ${over}`;
  }
  return `${measureInWords(measure)} ${inWords(measure, value ?? 0)} ${over}; alerts ${direction} ${line}`;
}
