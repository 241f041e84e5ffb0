import { type Clock, failureLog, type Logger, silentLogger, systemClock } from "@flyball/core";
import { createDecisions, type RunDecisions } from "./decisions.ts";
import type { FlagContext, FlagEvaluation, FlagProvider, Resolution, Subject } from "./types.ts";

export interface FlagsOptions {
  readonly provider: FlagProvider;
  /** The flags that runs are decided for, each with its value for when the provider does not know it or fails. */
  readonly defaults?: Readonly<Record<string, boolean>>;
  readonly clock?: Clock;
  readonly logger?: Logger;
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

/** Makes the place where runs get their decisions. */
export function createFlags(options: FlagsOptions): Flags {
  const { provider, clock = systemClock } = options;
  const failures = failureLog(options.logger ?? silentLogger);
  const defaults = new Map<string, boolean>(Object.entries(options.defaults ?? {}));
  let names: readonly string[] = [...defaults.keys()];
  const source = {
    name: provider.name,
    get generation() {
      return provider.generation;
    },
    revocations: provider.revocations,
    isLive: (flag: string) => provider.isLive(flag),
    isKnown: (flag: string) => provider.definition(flag) !== undefined,
  };
  const decisions = createDecisions(source, clock);

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
      decisions.failed();
      return flags.map((flag) => byDefault(flag, "error"));
    }
    if (known.length === flags.length) return known;
    const byName = new Map(known.map((evaluation) => [evaluation.flag, evaluation]));
    return flags.map((flag) => byName.get(flag) ?? byDefault(flag, "default"));
  }

  return {
    ...decisions.face,
    provider,
    declare(flag, defaultValue = false) {
      defaults.set(flag, defaultValue);
      names = [...defaults.keys()];
    },
    resolve(subject) {
      const missing = !subject.unit;
      const evaluations = evaluateAll(names, missing ? { ...subject, unit: subject.runId } : subject);
      return decisions.resolution(evaluations, missing);
    },
    evaluate: (flag, context = {}) => evaluateAll([flag], context)[0] as FlagEvaluation,
  };
}
