import type { Group, Sums } from "../history/history.ts";
import { type Need, need } from "../history/need.ts";
import type { Input } from "../input.ts";
import { type BurnRateRule, type BurnWindow, type Indicator, minuteMs } from "../rule.ts";
import { minutesInWords, rounded } from "../words.ts";
import type { CompiledRule } from "./compiled.ts";

/** The sums behind an indicator: all outcomes that ran to an end, and those among them that were good. */
export function indicatorInputs(indicator: Indicator): {
  readonly total: Input;
  readonly part: Input;
  partIs: "good" | "bad";
} {
  const { fasterThan, ...of } = indicator;
  if (fasterThan === undefined) {
    return { total: { of, field: "ended" }, part: { of, field: "errors" }, partIs: "bad" };
  }
  return { total: { of, field: "durations" }, part: { of, field: "durations", atMost: fasterThan }, partIs: "good" };
}

/** The share of bad outcomes; undefined when there was none at all. */
export function badShare(partIs: "good" | "bad", part: number, total: number): number | undefined {
  if (total === 0) return undefined;
  return partIs === "bad" ? part / total : (total - part) / total;
}

/**
 * Fires when, in both windows of a pair, bad outcomes are more frequent than `factor × (1 − target)`: the long one
 * says that it matters, the short one that it still goes on. Google, "The Site Reliability Workbook", chapter 5,
 * "Alerting on SLOs", section 6, https://sre.google/workbook/alerting-on-slos/.
 */
export function compileBurnRate(rule: BurnRateRule): CompiledRule {
  const { total, part, partIs } = indicatorInputs(rule.indicator);
  const longest = Math.max(...rule.windows.map(({ long }) => long));
  const totalNeed: Need = need(total, [], longest);
  const partNeed: Need = need(part, [], longest);
  const budget = 1 - rule.target;

  function burn(sums: Sums, group: Group, atMs: number, minutes: number): { count: number; rate: number } {
    const from = atMs - minutes * minuteMs;
    const count = sums.sum(totalNeed, group, from, atMs);
    const share = badShare(partIs, sums.sum(partNeed, group, from, atMs), count) ?? 0;
    return { count, rate: share / budget };
  }

  function judgePair(sums: Sums, group: Group, atMs: number, window: BurnWindow) {
    const long = burn(sums, group, atMs, window.long);
    const short = burn(sums, group, atMs, window.short);
    const enough = long.count >= (rule.minCount ?? 1);
    const breached = enough && long.rate > window.factor && short.rate > window.factor;
    return { breached, enough, count: long.count, rate: long.rate, window };
  }

  return {
    rule,
    needs: [totalNeed, partNeed],
    judge(sums, group, atMs) {
      const pairs = rule.windows.map((window) => judgePair(sums, group, atMs, window));
      const shown = pairs.find(({ breached }) => breached) ?? pairs[0];
      if (!shown) return { outcome: "clear", because: "no data", value: undefined, text: "no windows" };
      const { breached, enough, count, rate, window } = shown;
      const text = `the error budget is spent ${rounded(rate)} times too fast over ${minutesInWords(window.long)} (${count} outcomes); alerts above ${rounded(window.factor)} times`;
      const because = count === 0 ? "no data" : enough ? "value" : "low traffic";
      return { outcome: breached ? "breach" : "clear", because, value: count === 0 ? undefined : rate, text };
    },
  };
}
