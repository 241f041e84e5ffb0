import { type Clock, failureLog, type Logger, silentLogger, systemClock } from "@flyball/core";
import { type Arm, type Decisions, flagEvaluationEvent, type Operation } from "@flyball/telemetry";
import { isOn } from "./arms.ts";
import type { FlagContext, FlagEvaluation, FlagProvider, Resolution, Subject } from "./types.ts";

export interface FlagsOptions {
  readonly provider: FlagProvider;
  /** The flags that runs are decided for, each with its value for when the provider does not know it or fails. */
  readonly defaults?: Readonly<Record<string, boolean>>;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** What decisions are known by, whatever decides them. */
export interface RunDecisions {
  /**
   * A flag's arm in a run: as it was decided, or `off` once the flag was switched off or removed. Under 100 ns, so it
   * may be asked wherever the arm matters.
   */
  arm(decisions: Decisions | undefined, flag: string): Arm;
  /** Whether the run takes the optimization's path. */
  isOn(decisions: Decisions | undefined, flag: string): boolean;
  /**
   * The decisions that a stored run goes on with: those of flags that are off now, or were switched off since, become
   * `off`. `decidedAt` is when the run began, milliseconds since the epoch; without it a flag that was switched off
   * and on again meanwhile keeps its arm.
   */
  resume(stored: Decisions, decidedAt?: number): Decisions;
  /** Adds one `feature_flag.evaluation` event for each evaluation to a run's operation. */
  expose(operation: Operation, resolution: Resolution): void;
  stats(): FlagStats;
}

/** Decides flags, once a run. Nothing here throws. */
export interface Flags extends RunDecisions {
  readonly provider: FlagProvider;
  /** Adds a flag to those that runs are decided for. Declared again, the later default applies. */
  declare(flag: string, defaultValue?: boolean): void;
  /** Every declared flag, for one run. */
  resolve(subject: Subject): Resolution;
  /** One flag, outside of runs. It need not be declared. */
  evaluate(flag: string, context?: FlagContext): FlagEvaluation;
}

export interface FlagStats {
  /** Runs decided. */
  readonly resolved: number;
  /** Of them, runs without a unit. */
  readonly unitMissing: number;
  /** Decisions that became `off` because their flag was switched off while the run went on. One a run and flag. */
  readonly demoted: number;
  /** Decisions by default because the provider failed. */
  readonly failed: number;
}

/** Makes the place where runs get their decisions. */
export function createFlags(options: FlagsOptions): Flags {
  const { provider, clock = systemClock } = options;
  const failures = failureLog(options.logger ?? silentLogger);
  const defaults = new Map<string, boolean>(Object.entries(options.defaults ?? {}));
  /** Which generation of rules a run's decisions were made by; gone with the run. */
  const origins = new WeakMap<Decisions, number>();
  /** The flags whose demotion has been counted, by run. */
  const counted = new WeakMap<Decisions, Set<string>>();
  let names: readonly string[] = [...defaults.keys()];
  let resolved = 0;
  let unitMissing = 0;
  let demoted = 0;
  let failed = 0;

  function byDefault(flag: string, reason: "default" | "error"): FlagEvaluation {
    const value = defaults.get(flag) ?? false;
    const word = value ? "on" : "off";
    return { flag, value, arm: word, variant: word, reason, version: provider.version };
  }

  function evaluateAll(flags: readonly string[], context: FlagContext): readonly FlagEvaluation[] {
    let known: readonly FlagEvaluation[];
    try {
      known = provider.evaluate(flags, context);
    } catch (error) {
      // One flag with broken rules costs the others nothing.
      if (flags.length > 1) return flags.flatMap((flag) => evaluateAll([flag], context));
      failures.report("flag evaluation", error);
      failed++;
      return flags.map((flag) => byDefault(flag, "error"));
    }
    if (known.length === flags.length) return known;
    const byName = new Map(known.map((evaluation) => [evaluation.flag, evaluation]));
    return flags.map((flag) => byName.get(flag) ?? byDefault(flag, "default"));
  }

  function decided(decisions: Decisions): Decisions {
    origins.set(decisions, provider.generation);
    return decisions;
  }

  /** The slow half: the flag was switched off at some time. */
  function afterRevocation(decisions: Decisions, flag: string, arm: Arm, generation: number): Arm {
    // Decisions that came from elsewhere carry no generation: whether the flag is on now is all there is to go by.
    const decidedAt = origins.get(decisions) ?? generation;
    if (provider.isLive(flag) && decidedAt >= generation) return arm;
    const known = counted.get(decisions) ?? new Set();
    if (!known.has(flag)) {
      demoted++;
      counted.set(decisions, known.add(flag));
    }
    return "off";
  }

  function arm(decisions: Decisions | undefined, flag: string): Arm {
    const found = decisions?.[flag];
    if (found === undefined || found === "off") return "off";
    const revocation = provider.revocations.get(flag);
    if (revocation === undefined) return found;
    return afterRevocation(decisions as Decisions, flag, found, revocation.generation);
  }

  return {
    provider,
    declare(flag, defaultValue = false) {
      defaults.set(flag, defaultValue);
      names = [...defaults.keys()];
    },
    resolve(subject) {
      resolved++;
      const missing = subject.unit === undefined || subject.unit === "";
      if (missing) unitMissing++;
      const evaluations = evaluateAll(names, missing ? { ...subject, unit: subject.runId } : subject);
      const decisions: Record<string, Arm> = {};
      for (const evaluation of evaluations) decisions[evaluation.flag] = evaluation.arm;
      return { decisions: decided(decisions), evaluations, unitMissing: missing };
    },
    evaluate: (flag, context = {}) => evaluateAll([flag], context)[0] as FlagEvaluation,
    arm,
    isOn: (decisions, flag) => isOn(arm(decisions, flag)),
    resume(stored, decidedAt) {
      const now = clock.now();
      const decisions = Object.fromEntries(
        Object.entries(stored).map(([flag, was]) => {
          const revocation = provider.revocations.get(flag);
          const known = provider.definition(flag) !== undefined || revocation !== undefined;
          const since = decidedAt !== undefined && decidedAt <= now && (revocation?.at ?? 0) > decidedAt;
          // A flag that the provider never had was decided by its default, and stays so.
          if (was === "off" || (!since && (!known || provider.isLive(flag)))) return [flag, was];
          demoted++;
          return [flag, "off" as const];
        }),
      );
      return decided(decisions);
    },
    expose(operation, { evaluations }) {
      for (const { flag, variant, reason } of evaluations) {
        operation.event(...flagEvaluationEvent({ key: flag, variant, reason, provider: provider.name }));
      }
    },
    stats: () => ({ resolved, unitMissing, demoted, failed }),
  };
}
