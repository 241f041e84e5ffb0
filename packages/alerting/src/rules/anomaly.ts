import type { Group, Sums } from "../history/history.ts";
import { unitOf } from "../measure.ts";
import { type AnomalyRule, hourMs } from "../rule.ts";
import type { Verdict } from "../verdict.ts";
import { inWords, measureInWords, rounded } from "../words.ts";
import { baselineOf, type HourValue } from "./baseline.ts";
import type { CompiledRule } from "./compiled.ts";
import { measureReader } from "./read-measure.ts";

const window = 60;
const defaultDeviations = 6;
const defaultDays = 14;
const defaultMinCount = 10;

/** Compares the last hour with the same hour of the days before. */
export function compileAnomaly(rule: AnomalyRule): CompiledRule {
  const { measure, days = defaultDays, deviations = defaultDeviations, direction = "both" } = rule;
  const { minCount = defaultMinCount } = rule;
  const reader = measureReader(measure, [], window, days * 24 + 1);

  function historyOf(sums: Sums, group: Group, atMs: number): HourValue[] {
    const history: HourValue[] = [];
    // The hour that is judged is no part of what it is judged by.
    const last = Math.floor(atMs / hourMs) * hourMs - hourMs;
    for (let at = last - hourMs; at >= last - days * 24 * hourMs; at -= hourMs) {
      const { value, count } = reader.readHour(sums, group, at);
      if (value !== undefined && count >= minCount) history.push({ at, value });
    }
    return history;
  }

  return {
    rule,
    needs: reader.needs,
    judge(sums, group, atMs): Verdict {
      const { value, count } = reader.read(sums, group, atMs);
      if (value === undefined || count < minCount) {
        const because = count === 0 ? "no data" : "low traffic";
        return { outcome: "clear", because, value: undefined, text: `only ${count} outcomes in the last hour` };
      }
      const baseline = baselineOf(historyOf(sums, group, atMs), atMs - hourMs / 2, unitOf(measure));
      if (!baseline) return { outcome: "clear", because: "no data", value, text: "less than two days of history" };
      const distance = (value - baseline.center) / baseline.scale;
      const unusual =
        (direction !== "below" && distance > deviations) || (direction !== "above" && distance < -deviations);
      const side = distance < 0 ? "below" : "above";
      const text = `${measureInWords(measure)} ${inWords(measure, value)} in the last hour, ${rounded(Math.abs(distance))} deviations ${side} its usual ${inWords(measure, baseline.center)}`;
      // Half way back is still the same anomaly.
      const lingers = Math.abs(distance) > deviations / 2;
      return { outcome: unusual ? "breach" : lingers ? "hold" : "clear", because: "value", value, text };
    },
  };
}
