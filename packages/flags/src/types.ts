import type { Arm, Decisions } from "@flyball/telemetry";
import type { FlagDefinition } from "./definition.ts";

/** A value that a rule of a flag may look at. */
export type Attribute = string | number | boolean | Date;

/** Whom a flag is decided for. */
export interface FlagContext {
  /** The user or session that a rollout sticks to; Unleash's `userId`, OpenFeature's `targetingKey`. */
  readonly unit?: string;
  readonly session?: string;
  /**
   * What constraints look at. `currentTime`, `environment`, `appName` and `remoteAddress` have the meaning that Unleash
   * gives them; every other name is a property.
   */
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** A run that flags are decided for. */
export interface Subject extends FlagContext {
  /** What a decision sticks to when there is no unit; such a run is in no comparison. */
  readonly runId: string;
}

/**
 * Why a flag has its value, in OpenTelemetry's words: `static` for everyone alike, `split` by percentage,
 * `targeting_match` by a rule, `disabled` switched off, `default` not known to the provider, `error` the provider failed.
 */
export type FlagReason = "static" | "split" | "targeting_match" | "disabled" | "default" | "error";

/** One flag decided for one context. */
export interface FlagEvaluation {
  readonly flag: string;
  /** Whether the optimization runs. */
  readonly value: boolean;
  readonly arm: Arm;
  /** The variant's name: `control`, `treatment` or one of the flag's own; `on` or `off` without variants. */
  readonly variant: string;
  /** What the variant carries, for example the name of a smaller model. */
  readonly payload?: string;
  readonly reason: FlagReason;
  /** The ruleset that it was decided by. */
  readonly version: string;
}

/** When a flag was last switched off or removed. */
export interface Revocation {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The provider's generation that first had it off. */
  readonly generation: number;
}

/** Where rules come from. Reading is synchronous: what is behind it was fetched before. */
export interface FlagProvider {
  /** `embedded`, `unleash` …; recorded with every exposure. */
  readonly name: string;
  /** Names the ruleset in force. */
  readonly version: string;
  /** Grows by one with every change of the ruleset that this process sees. */
  readonly generation: number;
  /** Decides several flags for one context. A flag that is not known is left out. May throw. */
  evaluate(flags: readonly string[], context: FlagContext): readonly FlagEvaluation[];
  definition(flag: string): FlagDefinition | undefined;
  definitions(): readonly FlagDefinition[];
  /** Flags that were on and were switched off or removed since; they stay here when they are switched on again. */
  readonly revocations: ReadonlyMap<string, Revocation>;
  /** Whether the flag is there and switched on, and so is what it depends on. */
  isLive(flag: string): boolean;
  /** Calls `listener` after every change of the ruleset. Returns the unsubscribe function. */
  onChange(listener: () => void): () => void;
  health(): ProviderHealth;
  close(): Promise<void>;
}

export interface ProviderHealth {
  readonly healthy: boolean;
  readonly reason?: string;
  /** When the rules were last known to be those in force, milliseconds since the epoch; 0 before the first time. */
  readonly freshAt: number;
}

/** Who changes a flag, and why: the audit log's two questions. */
export interface Change {
  readonly who: string;
  readonly why: string;
  /** What the change was: `set`, `kill`, `rollout`, `rollback` … Default `set`, or `remove`. */
  readonly action?: string;
  /** What was known at that moment, for example the effects that a rollback answers. Plain data. */
  readonly figures?: unknown;
}

/** One entry of the audit log. */
export interface HistoryEntry {
  readonly at: number;
  readonly flag: string;
  readonly action: string;
  readonly who: string;
  readonly why: string;
  readonly before?: FlagDefinition;
  readonly after?: FlagDefinition;
  readonly figures?: unknown;
}

/** Changes rules. Both providers have one, so that people and the governor change flags in one way. */
export interface FlagAdmin {
  get(flag: string): Promise<FlagDefinition | undefined>;
  list(): Promise<readonly FlagDefinition[]>;
  /**
   * Replaces a definition by what `edit` makes of it; undefined is "not there", before and after. Nothing is written
   * or recorded when nothing changes.
   */
  change(
    flag: string,
    edit: (current: FlagDefinition | undefined) => FlagDefinition | undefined,
    change: Change,
  ): Promise<FlagDefinition | undefined>;
  /** The newest entries first. Default 100. */
  history(query?: { readonly flag?: string; readonly limit?: number }): Promise<readonly HistoryEntry[]>;
}

/** What a run carries of its flags. */
export interface Resolution {
  /** For the run's scope: every operation inside carries it. */
  readonly decisions: Decisions;
  readonly evaluations: readonly FlagEvaluation[];
  /** The run has no unit: decided for itself alone, in no comparison. */
  readonly unitMissing: boolean;
}
