import { need } from "../history/need.ts";
import { type AbsenceRule, defaultWindow, minuteMs } from "../rule.ts";
import { minutesInWords } from "../words.ts";
import type { CompiledRule } from "./compiled.ts";

/** Fires when nothing that the selector asks for happened in the window. */
export function compileAbsence(rule: AbsenceRule): CompiledRule {
  const { window = defaultWindow } = rule;
  const outcomes = need({ of: rule.of, field: "outcomes" }, [], window);
  return {
    rule,
    needs: [outcomes],
    judge(sums, group, atMs) {
      const value = sums.sum(outcomes, group, atMs - window * minuteMs, atMs);
      const text = `${value === 0 ? "nothing" : `${value} outcomes`} in ${minutesInWords(window)}`;
      return { outcome: value === 0 ? "breach" : "clear", because: "value", value, text };
    },
  };
}
