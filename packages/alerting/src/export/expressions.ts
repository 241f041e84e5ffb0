import type { Input } from "../input.ts";
import { type Measure, partsOf, scaleOf } from "../measure.ts";
import { countOf } from "../rules/read-measure.ts";
import { counterOf, histogramOf, selectorText } from "./counters.ts";
import { durationOf, NotExportable } from "./exportable.ts";

export interface ExpressionContext {
  readonly by: readonly string[];
  /** Minutes. */
  readonly window: number;
  /** The service's own labels. */
  readonly labels: readonly string[];
}

/** How much an input grew in the window, by group. */
export function increase(input: Input, { by, window, labels }: ExpressionContext): string {
  const counter = counterOf(input, labels);
  for (const key of by) {
    // A group must be called the same here and in the process, or its alerts would be two.
    if (counter.name.startsWith("gen_ai_")) throw new NotExportable(`${counter.name} spells ${key} otherwise`);
  }
  return `sum${grouping(by)} (increase(${selectorText(counter)}[${durationOf(window)}]))`;
}

/** The value of a measure. */
export function valueExpression(measure: Measure, context: ExpressionContext): string {
  const parts = partsOf(measure);
  switch (parts.type) {
    case "sum": {
      const scale = scaleOf(measure, context.window);
      const sum = increase(parts.sum, context);
      return scale === 1 ? sum : `${sum} * ${scale}`;
    }
    case "quotient": {
      const under = increase(parts.under, context);
      // What never happened has no series, and is none out of so many nevertheless.
      return `(${increase(parts.over, context)} or ${under} * 0) / ${under}`;
    }
    case "quantile": {
      const histogram = selectorText(histogramOf(parts.values, context.labels));
      const grown = `increase(${histogram}[${durationOf(context.window)}])`;
      return `histogram_quantile(${parts.q}, sum${grouping(["le", ...context.by])} (${grown}))`;
    }
  }
}

/** How many outcomes stand behind a measure. */
export function countExpression(measure: Measure, context: ExpressionContext): string {
  return increase(countOf(measure), context);
}

/** The share of bad outcomes. */
export function badShareExpression(
  { total, part, partIs }: { readonly total: Input; readonly part: Input; readonly partIs: "good" | "bad" },
  context: ExpressionContext,
): string {
  const all = increase(total, context);
  const some = `(${increase(part, context)} or ${all} * 0)`;
  return partIs === "bad" ? `${some} / ${all}` : `(${all} - ${some}) / ${all}`;
}

function grouping(by: readonly string[]): string {
  return by.length === 0 ? "" : ` by (${by.join(", ")})`;
}
