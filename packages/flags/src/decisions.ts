import type { Clock } from "@flyball/core";
import { type Arm, type Decisions, flagEvaluationEvent, type Operation } from "@flyball/telemetry";
import { isOn } from "./arms.ts";
import type { FlagEvaluation, Resolution, Revocation } from "./types.ts";

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

/** What is asked about flags after they were decided. */
export interface DecisionSource {
  readonly name: string;
  readonly generation: number;
  readonly revocations: ReadonlyMap<string, Revocation>;
  isLive(flag: string): boolean;
  /** Whether the source ever had it; one that it never had was decided by its default, and stays so. */
  isKnown(flag: string): boolean;
}

export interface DecisionBook {
  readonly face: RunDecisions;
  /** Notes what a run was given, and counts it. */
  resolution(evaluations: readonly FlagEvaluation[], unitMissing: boolean): Resolution;
  failed(): void;
}

export function createDecisions(source: DecisionSource, clock: Clock): DecisionBook {
  /** Which generation of rules a run's decisions were made by; gone with the run. */
  const origins = new WeakMap<Decisions, number>();
  /** The flags whose demotion has been counted, by run. */
  const counted = new WeakMap<Decisions, Set<string>>();
  let resolved = 0;
  let unitMissing = 0;
  let demoted = 0;
  let failed = 0;

  function noted(decisions: Decisions): Decisions {
    origins.set(decisions, source.generation);
    return decisions;
  }

  function arm(decisions: Decisions | undefined, flag: string): Arm {
    const found = decisions?.[flag];
    if (found === undefined || found === "off") return "off";
    const revocation = source.revocations.get(flag);
    if (revocation === undefined) return found;
    return afterRevocation(decisions as Decisions, flag, found, revocation.generation);
  }

  /** The slow half: the flag was switched off at some time. */
  function afterRevocation(decisions: Decisions, flag: string, found: Arm, generation: number): Arm {
    // Decisions that came from elsewhere carry no generation: whether the flag is on now is all there is to go by.
    const decidedIn = origins.get(decisions) ?? generation;
    if (source.isLive(flag) && decidedIn >= generation) return found;
    const known = counted.get(decisions) ?? new Set();
    if (!known.has(flag)) {
      demoted++;
      counted.set(decisions, known.add(flag));
    }
    return "off";
  }

  function resumedArm(flag: string, was: Arm, decidedAt: number | undefined): Arm {
    if (was === "off") return was;
    const revokedAt = source.revocations.get(flag)?.at;
    // A clock that was set back would make a run begin in the future; then only the present state counts.
    const since = decidedAt !== undefined && decidedAt <= clock.now() && (revokedAt ?? 0) > decidedAt;
    const known = source.isKnown(flag) || revokedAt !== undefined;
    if (!since && (!known || source.isLive(flag))) return was;
    demoted++;
    return "off";
  }

  return {
    failed: () => void failed++,
    resolution(evaluations, missing) {
      resolved++;
      if (missing) unitMissing++;
      const decisions: Record<string, Arm> = {};
      for (const evaluation of evaluations) decisions[evaluation.flag] = evaluation.arm;
      return { decisions: noted(decisions), evaluations, unitMissing: missing };
    },
    face: {
      arm,
      isOn: (decisions, flag) => isOn(arm(decisions, flag)),
      resume: (stored, decidedAt) =>
        noted(
          Object.fromEntries(Object.entries(stored).map(([flag, was]) => [flag, resumedArm(flag, was, decidedAt)])),
        ),
      expose(operation, { evaluations }) {
        for (const { flag, variant, reason } of evaluations) {
          operation.event(...flagEvaluationEvent({ key: flag, variant, reason, provider: source.name }));
        }
      },
      stats: () => ({ resolved, unitMissing, demoted, failed }),
    },
  };
}
