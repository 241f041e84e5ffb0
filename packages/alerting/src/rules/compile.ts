import type { Rule } from "../rule.ts";
import { compileAbsence } from "./absence.ts";
import { compileAnomaly } from "./anomaly.ts";
import { compileBurnRate } from "./burn-rate.ts";
import type { CompiledRule } from "./compiled.ts";
import { compileForecast } from "./forecast.ts";
import { compileThreshold } from "./threshold.ts";

export function compileRule(rule: Rule): CompiledRule {
  switch (rule.type) {
    case "threshold":
      return compileThreshold(rule);
    case "burn-rate":
      return compileBurnRate(rule);
    case "absence":
      return compileAbsence(rule);
    case "anomaly":
      return compileAnomaly(rule);
    case "forecast":
      return compileForecast(rule);
  }
}
