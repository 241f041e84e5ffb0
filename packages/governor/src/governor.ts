import { type Clock, failureLog, type Logger, silentLogger, systemClock, withDeadline } from "@flyball/core";
import { comparisonOf, type FlagAdmin, type FlagProvider } from "@flyball/flags";
import type { Outcome } from "@flyball/telemetry";
import { createCollector } from "./effects/collector.ts";
import { comparisonsOf } from "./effects/comparisons.ts";
import { effectsOf } from "./effects/effect.ts";
import { totalsIn } from "./effects/totals.ts";
import type { FlagEffects, Governor, RolloutStatus } from "./governor-types.ts";
import type { Ledger } from "./ledger/types.ts";
import { defaultMetrics, type Metric } from "./metrics/metric.ts";
import { createKeeper } from "./rollout/keeper.ts";
import { nextState } from "./rollout/next-state.ts";
import { metricsOf, type RolloutPlan } from "./rollout/plan.ts";
import { comparisonOfRound } from "./rollout/spread.ts";
import type { RolloutEntry } from "./rollout/state.ts";
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

/** For flags without a plan. */
const levels = { alpha: 0.05, tightestAt: 5_000, burnIn: 500 };

/**
 * Starts measuring what flags do, and moving those that have a plan. Every process of a service may run one: they
 * count together and agree on each rollout's state. Nothing it does reaches the pipeline.
 */
export function createGovernor(options: GovernorOptions): Governor {
  const { ledger, provider, admin, onEntry, maxPending, flushMs = 1_000, evaluateMs = 1_000 } = options;
  const { clock = systemClock, logger = silentLogger } = options;
  const failures = failureLog(logger);
  const collector = createCollector({ ledger, failures, clock, ...(maxPending === undefined ? {} : { maxPending }) });
  const keeper = createKeeper({ ledger, provider, admin, onEntry, clock, logger, failures });
  const plans = new Map<string, RolloutPlan>((options.plans ?? []).map((plan) => [plan.flag, plan]));
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

  async function evaluateAll(): Promise<void> {
    for (const plan of plans.values()) {
      try {
        await keeper.evaluate(plan);
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
    const { state: stored, log } = await keeper.read(plan.flag);
    const { totals, verdicts, ...rest } = await keeper.factsOf(plan, stored);
    const next = nextState(plan, stored, { verdicts, ...rest }, clock.now()).state;
    // What it waits for is worked out when asked; where it goes next is for an evaluation to decide.
    const waiting = stored.phase === "ramping" && next.phase === "ramping" && next.step === stored.step;
    const state = waiting ? next : stored;
    const definition = provider.definition(plan.flag);
    const comparison = definition && comparisonOf(definition);
    return {
      flag: plan.flag,
      state,
      words: stateInWords(plan, state),
      treatmentPercent: comparison ? comparison.exposedPercent * comparison.treatmentShare : 0,
      controlPercent: comparison ? comparison.exposedPercent * (1 - comparison.treatmentShare) : 0,
      units: verdicts?.units ?? { control: 0, treatment: 0 },
      guardrails: verdicts?.guardrails ?? [],
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
    const past = plan && comparisonOfRound(plan, (await keeper.read(flag)).state.round);
    const comparison = inForce ?? past;
    const totals = comparison && (await totalsIn(ledger, comparison));
    if (!comparison || !totals) return undefined;
    const effects = effectsOf(measuredBy(flag), totals, inForce?.treatmentShare ?? 0.5, plan ?? levels);
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
      await keeper.order(plan, order, who, why);
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
        // What came in while a flush was under way is not in it.
        const everything = collector.flush().then(() => collector.flush());
        await withDeadline(everything, timeoutMs, "flushing effects", clock);
      } catch (error) {
        failures.report("effects flush", error);
      }
    },
  };
}
