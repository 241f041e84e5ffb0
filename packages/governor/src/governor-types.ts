import type { Outcome } from "@flyball/telemetry";
import type { CollectorStats } from "./effects/collector.ts";
import type { Effect } from "./effects/effect.ts";
import type { Order } from "./rollout/orders.ts";
import type { RolloutPlan } from "./rollout/plan.ts";
import type { RolloutEntry, RolloutState } from "./rollout/state.ts";
import type { GuardrailVerdict } from "./rollout/verdicts.ts";

/** What one flag does, by all its metrics. */
export interface FlagEffects {
  readonly flag: string;
  /** Which deal of units it is about. */
  readonly comparison: string;
  /** When the first unit was counted, milliseconds since the epoch. */
  readonly since: number;
  /** Counts from before this moment were lost. */
  readonly lostAt: number | undefined;
  readonly units: { readonly control: number; readonly treatment: number };
  readonly effects: readonly Effect[];
  /** The effects, one sentence each. */
  readonly words: readonly string[];
}

/** Where a rollout stands. */
export interface RolloutStatus {
  readonly flag: string;
  readonly state: RolloutState;
  /** The state in one sentence. */
  readonly words: string;
  /** Percent of all units that the rules in force put into each arm. */
  readonly treatmentPercent: number;
  readonly controlPercent: number;
  readonly units: { readonly control: number; readonly treatment: number };
  readonly guardrails: readonly GuardrailVerdict[];
  /** Units that were seen in both arms. */
  readonly crossed: number;
  readonly lostAt: number | undefined;
  /** The plan asks for less than the defaults that the error rates were simulated with. */
  readonly hurried: boolean;
  /** Everything that was decided, the newest last. */
  readonly log: readonly RolloutEntry[];
}

export interface GovernorStats extends CollectorStats {
  /** Evaluations of one rollout that failed; the next tries again. */
  readonly failedEvaluations: number;
  readonly failures: Readonly<Record<string, number>>;
}

export interface Governor {
  /** Measures one outcome; with `telemetry` given, every outcome comes here by itself. */
  record(outcome: Outcome): void;
  /** Adds a plan, or replaces a flag's. A rollout that is under way goes on by the new one. */
  load(plan: RolloutPlan): void;
  /** Gives an order. @throws RolloutStateError when it does not fit the state; RangeError without a plan */
  order(flag: string, order: Order, by: { readonly who: string; readonly why: string }): Promise<RolloutStatus>;
  /** Looks at every rollout once, and moves what is to be moved. Never rejects. */
  evaluate(): Promise<void>;
  /** Adds what was collected to the ledger. Never rejects: what cannot be written waits. */
  flush(): Promise<void>;
  status(flag?: string): Promise<readonly RolloutStatus[]>;
  /** Of one flag, or of all that are compared. */
  effects(flag?: string): Promise<readonly FlagEffects[]>;
  stats(): GovernorStats;
  /** Stops, with a last flush. Resolves at the latest after `timeoutMs`, default 2,000. */
  close(timeoutMs?: number): Promise<void>;
}
