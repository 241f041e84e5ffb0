import type { Clock, FailureLog, Logger } from "@flyball/core";
import type { FlagAdmin, FlagProvider } from "@flyball/flags";
import { effectsOf } from "../effects/effect.ts";
import type { ComparisonTotals } from "../effects/merge.ts";
import { totalsIn } from "../effects/totals.ts";
import type { Ledger } from "../ledger/types.ts";
import { type Facts, nextState, type Transition } from "./next-state.ts";
import { type Order, obey } from "./orders.ts";
import { metricsOf, type RolloutPlan } from "./plan.ts";
import { type RolloutRecord, rolloutRecords, sameForTheRecord } from "./records.ts";
import { comparisonOfRound, isAsAsked, rampInForce, spreadFor } from "./spread.ts";
import type { RolloutEntry, RolloutState } from "./state.ts";
import { verdictsOf } from "./verdicts.ts";
import { effectInWords, stateInWords } from "./words.ts";

export interface KeeperOptions {
  readonly ledger: Ledger;
  readonly provider: FlagProvider;
  readonly admin: FlagAdmin | undefined;
  readonly onEntry: ((flag: string, entry: RolloutEntry) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly failures: FailureLog;
}

/** Keeps rollouts: looks at them, moves them, and sets their flags. Any number of processes may have one each. */
export interface Keeper {
  /** Looks at a rollout once, and moves it if it is to be moved. */
  evaluate(plan: RolloutPlan): Promise<void>;
  /** @throws RolloutStateError when the order does not fit the state */
  order(plan: RolloutPlan, order: Order, who: string, why: string): Promise<void>;
  read(flag: string): Promise<RolloutRecord>;
  factsOf(plan: RolloutPlan, state: RolloutState): Promise<FactsAndTotals>;
}

export type FactsAndTotals = Facts & { readonly totals?: ComparisonTotals };

/** Arms of a rollout are equal by construction. */
const equalArms = 0.5;

export function createKeeper(options: KeeperOptions): Keeper {
  const { ledger, provider, admin, onEntry, clock, logger, failures } = options;
  const records = rolloutRecords(ledger);

  async function factsOf(plan: RolloutPlan, state: RolloutState): Promise<FactsAndTotals> {
    const asAsked = isAsAsked(plan, state, provider.definition(plan.flag));
    const totals = await totalsIn(ledger, comparisonOfRound(plan, state.round));
    if (!totals) return { verdicts: undefined, incarnation: undefined, asAsked };
    return { verdicts: verdictsOf(plan, totals, equalArms), incarnation: totals.incarnation, asAsked, totals };
  }

  function entryOf(
    plan: RolloutPlan,
    { entry }: Transition,
    who: string,
    totals: ComparisonTotals | undefined,
  ): RolloutEntry | undefined {
    if (!entry) return undefined;
    const { action, why } = entry;
    if (!totals) return { at: clock.now(), who, action, why };
    const figures = effectsOf(metricsOf(plan), totals, equalArms, plan);
    return { at: clock.now(), who, action, why: `${why}. ${figures.map(effectInWords).join("; ")}`, figures };
  }

  function announce(flag: string, entry: RolloutEntry | undefined): void {
    if (!entry) return;
    try {
      logger.info({ flag, ...entry }, `flyball: rollout of ${flag}: ${entry.action}: ${entry.why}`);
      onEntry?.(flag, entry);
    } catch (error) {
      failures.report("rollout listener", error);
    }
  }

  /** Sets the flag to what its rollout's state asks for. Safe to repeat, by several processes at once. */
  async function apply(plan: RolloutPlan, state: RolloutState, entry: RolloutEntry | undefined): Promise<void> {
    const edit = spreadFor(plan, state);
    if (!admin || !edit || state.phase === "waiting" || state.phase === "paused" || state.applied) return;
    await admin.change(plan.flag, edit, {
      who: entry?.who ?? "governor",
      why: entry?.why ?? stateInWords(plan, state),
      action: entry?.action ?? "rollout",
      ...(entry?.figures === undefined ? {} : { figures: entry.figures }),
    });
    await records.applied(plan.flag, state);
  }

  /** Takes a transition, tells of it, and sets the flag. */
  async function move(
    plan: RolloutPlan,
    decide: (state: RolloutState) => Transition,
    who: string,
    totals: ComparisonTotals | undefined,
  ): Promise<void> {
    const { state, log, moved } = await records.move(plan.flag, decide, (transition) =>
      entryOf(plan, transition, who, totals),
    );
    if (moved) announce(plan.flag, log.at(-1));
    await apply(plan, state, log.at(-1));
  }

  /** A ledger that lost a rollout's state has not taken the flag back: what is exposed goes on being guarded. */
  async function adopt(plan: RolloutPlan, lost: RolloutState): Promise<void> {
    const ramp = rampInForce(plan, provider.definition(plan.flag), clock.now());
    if (!ramp || ramp.round <= lost.round) return;
    const why = "the rollout's state was lost; it goes on from where the flag's rules are";
    const decide = (state: RolloutState): Transition =>
      state.phase === "waiting" ? { state: ramp, entry: { action: "count anew", why } } : { state };
    await move(plan, decide, "governor", undefined);
  }

  return {
    factsOf,
    read: (flag) => records.read(flag),
    async evaluate(plan) {
      const before = await records.read(plan.flag);
      if (before.state.phase === "waiting") return adopt(plan, before.state);
      const facts = await factsOf(plan, before.state);
      const decide = (state: RolloutState): Transition =>
        // What was found out is about this round; a state that somebody moved on meanwhile is left to the next time.
        state.round === before.state.round ? nextState(plan, state, facts, clock.now()) : { state };
      // Most evaluations change nothing, and take no lock for it.
      if (sameForTheRecord(decide(before.state).state, before.state)) {
        return apply(plan, before.state, before.log.at(-1));
      }
      await move(plan, decide, "governor", facts.totals);
    },
    async order(plan, order, who, why) {
      const { totals } = await factsOf(plan, (await records.read(plan.flag)).state);
      await move(plan, (state) => obey(plan, state, order, why, clock.now()), who, totals);
    },
  };
}
