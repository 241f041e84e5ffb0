import { type RolloutPlan, readPlan } from "../../src/index.ts";
import { lognormal, type Random, seeded } from "./random.ts";
import { type Population, type SimulatedRun, type SimulationOptions, simulate } from "./rollout.ts";
import { misleading, type Scenario, scenarios } from "./scenarios.ts";

/** How often something happened. */
export interface Share {
  readonly share: number;
  readonly rollouts: number;
  /** Three standard errors of the share. */
  readonly error: number;
}

function shareOf(hits: number, rollouts: number): Share {
  return { share: hits / rollouts, rollouts, error: chance(hits / rollouts, rollouts) };
}

/** How far chance moves a share in so many rollouts: three standard errors. */
export function chance(share: number, rollouts: number): number {
  return 3 * Math.sqrt((share * (1 - share)) / rollouts);
}

/** The share of null rollouts that are stopped: rolled back, or paused because units fell into the wrong arms. */
export function falseAlarms(scenario: Scenario, rollouts: number, options: SimulationOptions): Share {
  let alarms = 0;
  for (let seed = 1; seed <= rollouts; seed++) {
    const { state } = simulate(scenario.plan, scenario.population, seeded(seed), options);
    if (state.phase === "rolled back" || state.phase === "paused") alarms++;
  }
  return shareOf(alarms, rollouts);
}

/** How many units of both arms it takes to find a harm. */
export interface Detection {
  readonly name: string;
  /** Half of the rollouts found it by then. */
  readonly median: number;
  /** The share that found it within `within` units. */
  readonly found: Share;
  readonly within: number;
}

interface Harm {
  readonly name: string;
  readonly metric: string;
  readonly within: number;
  run(random: Random, treated: boolean): Partial<SimulatedRun>;
}

const harms: readonly Harm[] = [
  {
    name: "errors doubled from 1 %",
    metric: "errors",
    within: 12_000,
    run: (random, treated) => ({ failed: random() < (treated ? 0.02 : 0.01) }),
  },
  {
    name: "p95 20 % slower, σ = 1",
    metric: "latency_p95",
    within: 13_200,
    run: (random, treated) => ({ durationMs: lognormal(random, 1_000, 1) * (treated ? 1.2 : 1) }),
  },
  {
    name: "p95 50 % slower, σ = 1",
    metric: "latency_p95",
    within: 13_200,
    run: (random, treated) => ({ durationMs: lognormal(random, 1_000, 1) * (treated ? 1.5 : 1) }),
  },
  {
    name: "latency 10 % longer, σ = 0.5",
    metric: "latency",
    within: 12_000,
    run: (random, treated) => ({ durationMs: lognormal(random, 1_000, 0.5) * (treated ? 1.1 : 1) }),
  },
];

export function detections(rollouts: number): Detection[] {
  return harms.map(({ name, metric, within, run }) => {
    const plan: RolloutPlan = readPlan({ flag: "simulated", guardrails: [{ metric }], ship: { byHand: true } });
    const population: Population = {
      runs: () => 1,
      trait: () => 1,
      run: (random, arm) => ({
        durationMs: 1_000,
        failed: false,
        usd: 0,
        quality: 1,
        ...run(random, arm === "treatment"),
      }),
    };
    const units = Array.from({ length: rollouts }, (_, index) => {
      const ended = simulate(plan, population, seeded(index + 1), { mostUnits: within, batch: 50 });
      return ended.state.phase === "rolled back" ? ended.units : Number.POSITIVE_INFINITY;
    }).sort((a, b) => a - b);
    const median = units[Math.floor(rollouts / 2)] as number;
    return { name, median, within, found: shareOf(units.filter(Number.isFinite).length, rollouts) };
  });
}

/** What becomes of the promise when one of its conditions is taken away. */
export function mistake(made: SimulationOptions["mistake"], rollouts: number): Share {
  const options = { mostUnits: 3_000 };
  return falseAlarms(misleading, rollouts, made === undefined ? options : { ...options, mistake: made });
}

export { scenarios };
