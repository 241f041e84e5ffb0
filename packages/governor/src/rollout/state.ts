/** What a step waits for before the next one. */
export type Waiting =
  | { readonly for: "time"; readonly until: number }
  | {
      readonly for: "traffic";
      /** Units that the smaller arm still lacks. */
      readonly unitsMissing: number;
      /** When they may be there at the pace so far, milliseconds since the epoch; undefined while there is no pace. */
      readonly expectedAt: number | undefined;
    }
  /** The last step: these guardrails or wishes have no verdict yet. */
  | { readonly for: "verdict"; readonly open: readonly string[] }
  /** Nothing is recorded that these metrics could be read from. */
  | { readonly for: "measurements"; readonly unmeasured: readonly string[] }
  | { readonly for: "a person" };

export type PauseReason = "sample-ratio" | "inconclusive" | "by hand" | "changed by hand";

/** Where a ramp stands. */
export interface Ramp {
  /** Counts how often the rollout was begun; each time deals units anew. */
  readonly round: number;
  readonly step: number;
  /** When this step began, milliseconds since the epoch. */
  readonly stepAt: number;
  /** Units of the smaller arm when this step began. */
  readonly unitsBefore: number;
  /** The totals that it is judged by; undefined until the first unit. */
  readonly incarnation: string | undefined;
}

/**
 * A rollout's state. `applied` says whether the flag has been set to what the state asks for: the state is written
 * first, so that a process that dies between the two is finished by the next evaluation, by anybody.
 */
export type RolloutState =
  | { readonly phase: "waiting"; readonly round: number }
  | (Ramp & { readonly phase: "ramping"; readonly waiting: Waiting; readonly applied: boolean })
  | (Ramp & {
      readonly phase: "paused";
      readonly because: PauseReason;
      readonly at: number;
      readonly applied: boolean;
    })
  | {
      readonly phase: "rolled back";
      readonly round: number;
      readonly at: number;
      readonly because: readonly string[];
      readonly applied: boolean;
    }
  | {
      readonly phase: "shipped";
      readonly round: number;
      readonly at: number;
      readonly applied: boolean;
    };

/** What was decided, when, by whom, why, and with which figures. */
export interface RolloutEntry {
  readonly at: number;
  readonly action: "begin" | "step" | "pause" | "resume" | "rollback" | "ship" | "count anew";
  readonly who: string;
  readonly why: string;
  readonly figures?: unknown;
}
