import { type Clock, failureLog, type Logger, silentLogger, systemClock, withDeadline } from "@flyball/core";
import { comparisonOf, type FlagAdmin, type FlagProvider } from "@flyball/flags";
import type { Outcome } from "@flyball/telemetry";
import { createCollector } from "./effects/collector.ts";
import { comparisonsOf } from "./effects/comparisons.ts";
import { type Effect, effectOf } from "./effects/effect.ts";
import type { ComparisonTotals } from "./effects/merge.ts";
import { readTotals, spaceOf, totalsField } from "./effects/totals.ts";
import type { FlagEffects, Governor, RolloutStatus } from "./governor-types.ts";
import type { Ledger } from "./ledger/types.ts";
import { defaultMetrics, type Metric } from "./metrics/metric.ts";
import { type Facts, nextState, type Transition } from "./rollout/next-state.ts";
import { obey } from "./rollout/orders.ts";
import { metricsOf, type RolloutPlan } from "./rollout/plan.ts";
import { rolloutRecords } from "./rollout/records.ts";
import { comparisonOfRound, isAsAsked, spreadFor } from "./rollout/spread.ts";
import type { RolloutEntry, RolloutState } from "./rollout/state.ts";
import { verdictsOf } from "./rollout/verdicts.ts";
import { effectInWords, stateInWords } from "./rollout/words.ts";

export interface GovernorOptions {
  /** Where all processes count together: `createSqliteLedger` or `createRedisLedger`. It is never closed. */
  readonly ledger: Ledger;
  readonly provider: FlagProvider;
  /** Changes flags. Without one the governor measures and moves nothing. */
  readonly admin?: FlagAdmin;
  /** Outcomes to measure by. */
  readonly telemetry?: { subscribe(listener: (outcome: Outcome) => void): () => void };
  readonly plans?: readonly RolloutPlan[];
  /** How often what was collected goes to the ledger, milliseconds: what a crash loses. Default 1,000. */
  readonly flushMs?: number;
  /** How often rollouts are evaluated, milliseconds. Default 1,000; 0 leaves it to calls of `evaluate`. */
  readonly evaluateMs?: number;
  /** Most units that wait for a flush. Default 50,000. */
  readonly maxPending?: number;
  /** Told of everything that a rollout does, for alerts. It may throw; nobody but it suffers. */
  readonly onEntry?: (flag: string, entry: RolloutEntry) => void;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

const level = { alpha: 0.05, tightestAt: 5_000, burnIn: 500 };

/**
 * Starts measuring what flags do, and moving those that have a plan. Every process of a service may run one: they
 * count together and agree on each rollout's state. Nothing it does reaches the pipeline.
 */
export function createGovernor(options: GovernorOptions): Governor {
  const { ledger, provider, admin, clock = systemClock, flushMs = 1_000, evaluateMs = 1_000 } = options;
  const failures = failureLog(options.logger ?? silentLogger);
  const { maxPending } = options;
  const collector = createCollector({ ledger, failures, clock, ...(maxPending === undefined ? {} : { maxPending }) });
  const records = rolloutRecords(ledger);
  const plans = new Map<string, RolloutPlan>();
  let evaluating: Promise<void> | undefined;
  let failedEvaluations = 0;

  function measuredBy(flag: string): readonly Metric[] {
    const plan = plans.get(flag);
    const all = [...(plan ? metricsOf(plan) : []), ...defaultMetrics];
    return [...new Map(all.map((metric) => [metric.key, metric])).values()];
  }

  const recompare = (): void => collector.compare(comparisonsOf(provider.definitions(), measuredBy));

  function planOf(flag: string): RolloutPlan {
    const plan = plans.get(flag);
    if (!plan) throw new RangeError(`there is no rollout plan for "${flag}"; load one first`);
    return plan;
  }

  async function totalsIn(comparison: { flag: string; id: string }): Promise<ComparisonTotals | undefined> {
    const [stored] = await ledger.read(spaceOf(comparison), [totalsField]);
    return readTotals(stored);
  }

  async function factsOf(plan: RolloutPlan, state: RolloutState): Promise<Facts & { totals?: ComparisonTotals }> {
    const asAsked = isAsAsked(plan, state, provider.definition(plan.flag));
    const totals = await totalsIn(comparisonOfRound(plan, state.round));
    if (!totals) return { verdicts: undefined, incarnation: undefined, asAsked };
    // Arms of a rollout are equal by construction.
    return { verdicts: verdictsOf(plan, totals, 0.5), incarnation: totals.incarnation, asAsked, totals };
  }

  function effectsOf(
    metrics: readonly Metric[],
    totals: ComparisonTotals,
    share: number,
    plan?: RolloutPlan,
  ): Effect[] {
    const { alpha, tightestAt, burnIn } = plan ?? level;
    return metrics.map((metric) => effectOf(metric, totals, share, { alpha, tightestAt, burnIn }));
  }

  function entryOf(
    plan: RolloutPlan,
    { entry }: Transition,
    who: string,
    totals: ComparisonTotals | undefined,
  ): RolloutEntry | undefined {
    if (!entry) return undefined;
    const figures = totals && effectsOf(metricsOf(plan), totals, 0.5, plan);
    const said = figures?.map(effectInWords).join("; ");
    return {
      at: clock.now(),
      who,
      action: entry.action,
      why: said === undefined ? entry.why : `${entry.why}. ${said}`,
      ...(figures === undefined ? {} : { figures }),
    };
  }

  function announce(flag: string, entry: RolloutEntry | undefined): void {
    if (!entry) return;
    options.logger?.info({ flag, ...entry }, `flyball: rollout of ${flag}: ${entry.action}: ${entry.why}`);
    try {
      options.onEntry?.(flag, entry);
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

  async function evaluateOne(plan: RolloutPlan): Promise<void> {
    const before = await records.read(plan.flag);
    if (before.state.phase === "waiting") return;
    const facts = await factsOf(plan, before.state);
    const { state, log, moved } = await records.move(
      plan.flag,
      // What was found out is about this round; a state that somebody moved on meanwhile is left to the next time.
      (now) => (now.round === before.state.round ? nextState(plan, now, facts, clock.now()) : { state: now }),
      (transition) => entryOf(plan, transition, "governor", facts.totals),
    );
    if (moved) announce(plan.flag, log.at(-1));
    await apply(plan, state, log.at(-1));
  }

  async function evaluateAll(): Promise<void> {
    for (const plan of plans.values()) {
      try {
        await evaluateOne(plan);
      } catch (error) {
        failedEvaluations++;
        failures.report("rollout evaluation", error);
      }
    }
  }

  function evaluate(): Promise<void> {
    evaluating ??= evaluateAll().finally(() => {
      evaluating = undefined;
    });
    return evaluating;
  }

  async function statusOf(plan: RolloutPlan): Promise<RolloutStatus> {
    const { state: stored, log } = await records.read(plan.flag);
    const { totals, ...facts } = await factsOf(plan, stored);
    const ramping = stored.phase === "ramping" ? nextState(plan, stored, facts, clock.now()).state : stored;
    const state = ramping.phase === "ramping" ? ramping : stored;
    const definition = provider.definition(plan.flag);
    const comparison = definition && comparisonOf(definition);
    return {
      flag: plan.flag,
      state,
      words: stateInWords(plan, state),
      treatmentPercent: comparison ? comparison.exposedPercent * comparison.treatmentShare : 0,
      controlPercent: comparison ? comparison.exposedPercent * (1 - comparison.treatmentShare) : 0,
      units: facts.verdicts?.units ?? { control: 0, treatment: 0 },
      guardrails: facts.verdicts?.guardrails ?? [],
      crossed: totals?.crossed ?? 0,
      lostAt: totals?.lostAt,
      hurried: plan.hurried,
      log,
    };
  }

  async function effectsFor(flag: string): Promise<FlagEffects | undefined> {
    const definition = provider.definition(flag);
    const inForce = definition && comparisonOf(definition);
    const plan = plans.get(flag);
    const past = plan && comparisonOfRound(plan, (await records.read(flag)).state.round);
    const comparison = inForce ?? past;
    const totals = comparison && (await totalsIn(comparison));
    if (!comparison || !totals) return undefined;
    const effects = effectsOf(measuredBy(flag), totals, inForce?.treatmentShare ?? 0.5, plan);
    return {
      flag,
      comparison: comparison.id,
      since: totals.since,
      lostAt: totals.lostAt,
      units: { control: totals.control.units, treatment: totals.treatment.units },
      effects,
      words: effects.map(effectInWords),
    };
  }

  for (const plan of options.plans ?? []) plans.set(plan.flag, plan);
  recompare();
  const ending = [provider.onChange(recompare)];
  if (options.telemetry) ending.push(options.telemetry.subscribe(collector.record));
  const timers = [clock.every(flushMs, () => void collector.flush())];
  if (evaluateMs > 0) timers.push(clock.every(evaluateMs, () => void evaluate()));

  return {
    record: collector.record,
    flush: () => collector.flush(),
    evaluate,
    load(plan) {
      plans.set(plan.flag, plan);
      recompare();
    },
    async order(flag, order, { who, why }) {
      const plan = planOf(flag);
      const { totals } = await factsOf(plan, (await records.read(flag)).state);
      const after = await records.move(
        flag,
        (now) => obey(plan, now, order, why, clock.now()),
        (transition) => entryOf(plan, transition, who, totals),
      );
      if (after.moved) announce(flag, after.log.at(-1));
      await apply(plan, after.state, after.log.at(-1));
      return statusOf(plan);
    },
    status: async (flag) => Promise.all((flag === undefined ? [...plans.values()] : [planOf(flag)]).map(statusOf)),
    async effects(flag) {
      const flags = flag === undefined ? provider.definitions().map(({ name }) => name) : [flag];
      const found = await Promise.all(flags.map(effectsFor));
      return found.filter((one) => one !== undefined);
    },
    stats: () => ({ ...collector.stats(), failedEvaluations, failures: Object.fromEntries(failures.counts) }),
    async close(timeoutMs = 2_000) {
      for (const timer of timers) timer.cancel();
      for (const end of ending) end();
      try {
        await withDeadline(collector.flush(), timeoutMs, "flushing effects", clock);
      } catch (error) {
        failures.report("effects flush", error);
      }
    },
  };
}
