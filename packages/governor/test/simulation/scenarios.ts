import { type RolloutPlan, readPlan } from "../../src/index.ts";
import { lognormal, normal, type Random } from "./random.ts";
import type { Population } from "./rollout.ts";

/** A null population: both arms are the same, so every rollback is a false alarm. */
export interface Scenario {
  readonly name: string;
  readonly what: string;
  readonly plan: RolloutPlan;
  readonly population: Population;
}

const plan = readPlan({
  flag: "simulated",
  guardrails: ["errors", "latency", "latency_p95", "cost", "quality"].map((metric) => ({ metric })),
  ship: { byHand: true },
});

/** One guardrail, so that what a mistake does is not shared among several. */
const latencyAlone: RolloutPlan = readPlan({
  flag: "simulated",
  burnIn: 200,
  tightestAt: 2_000,
  guardrails: [{ metric: "latency" }],
  ship: { byHand: true },
});

/** What `npm start` shows: larger steps and a smaller burn-in, so that a verdict comes within two minutes. */
export const hurriedPlan: RolloutPlan = readPlan({
  flag: "simulated",
  steps: [10, 25, 50].map((percent) => ({ percent, minimum: { time: "5s", units: 40 } })),
  guardrails: ["errors", "latency", "latency_p95", "cost"].map((metric) => ({ metric })),
  burnIn: 100,
  tightestAt: 1_000,
  ship: { byHand: true },
});

const once = (): number => 1;
const clamp = (value: number): number => Math.min(1, Math.max(0, value));

function run(durationMs: number, random: Random, errorRate: number) {
  return {
    durationMs,
    failed: random() < errorRate,
    usd: lognormal(random, 0.002, 0.8),
    quality: clamp(0.85 + 0.08 * normal(random)),
  };
}

const lognormalArms: Population = {
  runs: once,
  trait: () => 1,
  run: (random) => run(lognormal(random, 4_000, 1), random, 0.02),
};

/** One run in a thousand fails. */
const rareErrors: Population = {
  runs: once,
  trait: () => 1,
  run: (random) => run(lognormal(random, 4_000, 0.5), random, 0.001),
};

/** Everything gets a tenth slower and dearer, and half as faulty again, at each step of the ramp. */
const drifting: Population = {
  runs: once,
  trait: () => 1,
  run: (random, _arm, step) => {
    const one = run(lognormal(random, 4_000 * 1.1 ** step, 0.7), random, 0.01 * 1.5 ** step);
    return { ...one, usd: one.usd * 1.1 ** step };
  },
};

/** Units differ threefold in how slow they are, and one in ten comes back thirty times. */
const heavyUsers: Population = {
  runs: (random) => (random() < 0.1 ? 30 : 1 + Math.floor(random() * 3)),
  trait: (random) => Math.exp(0.6 * normal(random)),
  run: (random, _arm, _step, trait) => run(lognormal(random, 4_000 * trait, 0.5), random, 0.01 * trait),
};

export const scenarios: readonly Scenario[] = [
  { name: "equal lognormal arms", what: "σ = 1, 2 % errors", plan, population: lognormalArms },
  { name: "rare errors", what: "0.1 % errors", plan, population: rareErrors },
  { name: "drift", what: "everything 10 % slower and dearer at each step", plan, population: drifting },
  { name: "heavy users", what: "one unit in ten makes thirty runs, units differ", plan, population: heavyUsers },
  {
    name: "hurried plan",
    what: "lognormal arms under the demonstration's plan",
    plan: hurriedPlan,
    population: lognormalArms,
  },
];

/** Every unit comes back fifteen times and keeps its own pace: where counting runs for units misleads most. */
const frequentUsers: Population = {
  runs: () => 15,
  trait: (random) => Math.exp(normal(random)),
  run: (random, _arm, _step, trait) => run(lognormal(random, 4_000 * trait, 0.1), random, 0),
};

/** The population on which the mistakes are shown, and with them what comes of avoiding them. */
export const misleading: Scenario = {
  name: "frequent users",
  what: "fifteen runs a unit, each unit at its own pace",
  plan: latencyAlone,
  population: frequentUsers,
};
