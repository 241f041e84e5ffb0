import { count, duration, spent } from "./format/quantity.ts";
import { type Column, table } from "./format/table.ts";
import type { StepTotals } from "./step-tally.ts";

const right = (heading: string): Column => ({ heading, align: "right" });

/** Time per step, what it cost and what went wrong; the whole run is the last row. */
export function stepTable(steps: readonly StepTotals[]): string {
  const columns = [
    { heading: "step" },
    ...["count", "errors", "p50", "p95", "max", "tokens in", "tokens out", "cost"].map(right),
  ];
  return table(
    columns,
    steps.map((step) => [
      step.name,
      count(step.count),
      count(step.errors),
      duration(step.p50Ms),
      duration(step.p95Ms),
      duration(step.maxMs),
      count(step.inputTokens),
      count(step.outputTokens),
      spent(step.usd, step.unpriced),
    ]),
  );
}

/** The command as this person calls it: through npm in a checkout, by its name elsewhere. */
export function commandLine(rest: string, environment: NodeJS.ProcessEnv = process.env): string {
  return environment.npm_lifecycle_event === undefined ? `flyball ${rest}` : `npm run flyball -- ${rest}`;
}
