import { need } from "../history/need.ts";
import { partsOf } from "../measure.ts";
import { type ForecastRule, hourMs, minuteMs } from "../rule.ts";
import { inWords, minutesInWords } from "../words.ts";
import type { CompiledRule } from "./compiled.ts";

const defaultWindow = 360;
const dayMs = 24 * hourMs;

/**
 * Fires when what was spent since the period began, and the pace of the window kept up until it ends, come to more
 * than the budget. Straight lines only: a forecast that needs explaining convinces nobody at three in the morning.
 */
export function compileForecast(rule: ForecastRule): CompiledRule {
  const { measure, budget, period = "month", window = defaultWindow } = rule;
  const parts = partsOf(measure);
  if (parts.type !== "sum") throw new RangeError("a budget is for sums");
  const spending = need(parts.sum, [], window, period === "day" ? 25 : 31 * 24 + 1);
  return {
    rule,
    needs: [spending],
    judge(sums, group, atMs) {
      const { start, end } = periodOf(period, atMs);
      const spent = sums.sum(spending, group, start, atMs);
      const perMs = sums.sum(spending, group, atMs - window * minuteMs, atMs) / (window * minuteMs);
      const projected = spent + perMs * (end - atMs);
      const spentAt = perMs > 0 ? atMs + Math.max(0, budget - spent) / perMs : Number.POSITIVE_INFINITY;
      const pace = `${inWords(measure, spent)} spent, ${inWords(measure, projected)} projected for the ${period}`;
      const basis = `at the pace of ${minutesInWords(window)}`;
      const when =
        spentAt < end ? `; the budget of ${inWords(measure, budget)} will be spent by ${minuteText(spentAt)}` : "";
      const text = `${pace} ${basis}${when}`;
      return { outcome: projected > budget ? "breach" : "clear", because: "value", value: projected, text };
    },
  };
}

/** The calendar day or month of a time, UTC. */
export function periodOf(period: "day" | "month", atMs: number): { readonly start: number; readonly end: number } {
  const date = new Date(atMs);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  if (period === "month") return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
  const start = Math.floor(atMs / dayMs) * dayMs;
  return { start, end: start + dayMs };
}

function minuteText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
