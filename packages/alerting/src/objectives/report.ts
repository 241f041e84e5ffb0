import type { Input } from "../input.ts";
import { readInput } from "../input.ts";
import type { Readings } from "../readings.ts";
import { hourMs } from "../rule.ts";
import { badShare, indicatorInputs } from "../rules/burn-rate.ts";
import { queriesOf } from "../selector.ts";
import { type AnyObjective, defaultDays, type Objective } from "./objective.ts";

/** How one objective was kept. */
export interface ObjectiveReport {
  readonly objective: AnyObjective;
  /** Outcomes in the period. */
  readonly count: number;
  /** What was promised: a share of good outcomes, or seconds of a mean. */
  readonly target: number;
  /** What was achieved; undefined without outcomes. */
  readonly achieved: number | undefined;
  /** Undefined when there was nothing to judge: neither kept nor missed. */
  readonly kept: boolean | undefined;
  /** The part of the error budget that is left, 1 to below 0; undefined for means and without outcomes. */
  readonly budgetLeft: number | undefined;
}

/** Holds what was recorded against what was promised, over each objective's period up to `now`. */
export function reportObjectives(
  objectives: readonly AnyObjective[],
  readings: Readings,
  now: number,
): ObjectiveReport[] {
  return objectives.map((objective) =>
    "target" in objective ? reportShare(objective, readings, now) : reportMean(objective, readings, now),
  );
}

function reportShare(objective: Objective, readings: Readings, now: number): ObjectiveReport {
  const { total, part, partIs } = indicatorInputs(objective.indicator);
  const [count, some] = totals([total, part], objective, readings, now) as [number, number];
  const bad = badShare(partIs, some, count);
  return {
    objective,
    count,
    target: objective.target,
    achieved: bad === undefined ? undefined : 1 - bad,
    // Against the share of bad ones, as 1 - (1 - x) is not always x.
    kept: bad === undefined ? undefined : bad <= 1 - objective.target + 1e-12,
    budgetLeft: bad === undefined ? undefined : 1 - bad / (1 - objective.target),
  };
}

function reportMean(
  objective: Extract<AnyObjective, { meanBelow: number }>,
  readings: Readings,
  now: number,
): ObjectiveReport {
  const of = objective.indicator;
  const inputs: Input[] = [
    { of, field: "durations" },
    { of, field: "duration_seconds" },
  ];
  const [count, seconds] = totals(inputs, objective, readings, now) as [number, number];
  const achieved = count === 0 ? undefined : seconds / count;
  const kept = achieved === undefined ? undefined : achieved <= objective.meanBelow;
  return { objective, count, target: objective.meanBelow, achieved, kept, budgetLeft: undefined };
}

/** Inputs of the same selector over the objective's period, by whole hours. */
function totals(
  inputs: readonly Input[],
  { days = defaultDays }: AnyObjective,
  readings: Readings,
  now: number,
): number[] {
  const sums = inputs.map(() => 0);
  const from = now - days * 24 * hourMs;
  for (const { query, sign } of queriesOf(inputs[0]?.of ?? {})) {
    for (const point of readings.points({ ...query, lastHours: days * 24 })) {
      if (point.at < from - hourMs || point.at >= now) continue;
      for (const [index, input] of inputs.entries()) sums[index] = (sums[index] ?? 0) + sign * readInput(input, point);
    }
  }
  return sums;
}
