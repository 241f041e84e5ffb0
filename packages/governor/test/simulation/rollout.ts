import { type ComparisonTotals, mergeUnits, newTotals, type UnitDelta } from "../../src/effects/merge.ts";
import type { ComparedArm, UnitRecord } from "../../src/effects/statistics.ts";
import { nextState } from "../../src/rollout/next-state.ts";
import { obey } from "../../src/rollout/orders.ts";
import { metricsOf, type RolloutPlan } from "../../src/rollout/plan.ts";
import type { RolloutState } from "../../src/rollout/state.ts";
import { verdictsOf } from "../../src/rollout/verdicts.ts";
import type { Random } from "./random.ts";

/** One run of one unit, as the outcome would tell it. */
export interface SimulatedRun {
  readonly durationMs: number;
  readonly failed: boolean;
  readonly usd: number;
  readonly quality: number;
}

/** How a population behaves. */
export interface Population {
  /** How many runs a new unit makes in all. */
  runs(random: Random): number;
  /** One run at a step of the ramp. Called with the unit's own trait, drawn once a unit. */
  run(random: Random, arm: ComparedArm, step: number, trait: number): SimulatedRun;
  /** What makes units differ. */
  trait(random: Random): number;
}

export interface SimulationOptions {
  /** Units after which it ends without a verdict. */
  readonly mostUnits: number;
  /** Units that arrive between two looks. Default 100. */
  readonly batch?: number;
  /**
   * A mistake to make: count each run as a unit of its own, or let each of so many instances make its own number of a
   * unit. Default none.
   */
  readonly mistake?: "every run a unit" | { readonly instances: number };
}

export interface SimulatedRollout {
  readonly state: RolloutState;
  /** Units of both arms when it ended. */
  readonly units: number;
}

/** Runs of units that come back are spread over this many batches after their first. */
const returning = 20;

/**
 * One rollout from its beginning to a rollback, to shipping, or to `mostUnits`, by the governor's own merging, verdicts
 * and transitions. Units arrive in batches of `batch`; after each batch everything is looked at.
 */
export function simulate(
  plan: RolloutPlan,
  population: Population,
  random: Random,
  { mostUnits, batch = 100, mistake }: SimulationOptions,
): SimulatedRollout {
  const metrics = metricsOf(plan);
  const totals: ComparisonTotals = newTotals("simulated", 0);
  const records = new Map<string, UnitRecord>();
  let runs = 0;
  const later: Map<number, { arm: ComparedArm; trait: number }>[] = Array.from({ length: returning }, () => new Map());
  let state = obey(plan, { phase: "waiting", round: 0 }, "begin", "simulation", 0).state;
  let now = 0;
  let units = 0;

  function observe(unit: number, arm: ComparedArm, trait: number, step: number): UnitDelta {
    const { durationMs, failed, usd, quality } = population.run(random, arm, step, trait);
    const values = new Float64Array(metrics.length * 2);
    for (const [index, { definition }] of metrics.entries()) {
      const value = {
        duration: failed ? Number.NaN : Math.log(durationMs),
        duration_quantile: failed ? Number.NaN : durationMs,
        errors: failed ? 1 : 0,
        slower_than: durationMs > (definition.milliseconds ?? 0) ? 1 : 0,
        cost: usd,
        quality,
      }[definition.measure];
      if (Number.isNaN(value)) continue;
      values[index * 2] = value;
      values[index * 2 + 1] = 1;
    }
    return { unit: countedAs(unit), arm, values };
  }

  function countedAs(unit: number): string {
    if (mistake === "every run a unit") return `run ${runs++}`;
    return mistake ? `${unit} at ${Math.floor(random() * mistake.instances)}` : String(unit);
  }

  function merge(deltas: readonly UnitDelta[]): void {
    const known = deltas.map(({ unit }) => records.get(unit));
    const merged = mergeUnits(totals, known, deltas, metrics, Number.POSITIVE_INFINITY);
    for (const [index, record] of merged.entries()) {
      if (record) records.set(deltas[index]?.unit as string, record);
    }
  }

  while (state.phase === "ramping" && units < mostUnits) {
    const { step } = state;
    const due = later.shift() ?? new Map();
    later.push(new Map());
    merge([...due].map(([unit, { arm, trait }]) => observe(unit, arm, trait, step)));
    const arrivals: UnitDelta[] = [];
    for (let index = 0; index < batch; index++) {
      const unit = units++;
      const arm = random() < 0.5 ? "treatment" : "control";
      const trait = population.trait(random);
      arrivals.push(observe(unit, arm, trait, step));
      for (let more = population.runs(random) - 1; more > 0; more--) {
        later[Math.floor(random() * returning)]?.set(unit, { arm, trait });
      }
    }
    merge(arrivals);
    now += 3_600_000;
    const facts = { verdicts: verdictsOf(plan, totals, 0.5), incarnation: "simulated", asAsked: true };
    const next = nextState(plan, state, facts, now).state;
    state = next.phase === "ramping" ? { ...next, applied: true } : next;
  }
  return { state, units };
}
