import type { Cost, Usage } from "./usage.ts";

/** What kind of operation an outcome is about. */
export type OperationKind =
  | "run"
  | "node"
  | "model"
  | "embedding"
  | "retrieval"
  | "tool"
  | "cache"
  | "database"
  | "http"
  | "evaluation";

/** How an operation ended. `suspended` waits for an approval; `skipped` did not apply. */
export type OutcomeStatus = "ok" | "error" | "timeout" | "cancelled" | "skipped" | "suspended";

/**
 * A flag's arm for one run. `control` and `treatment` are compared with each other. `on` and `off` are outside the
 * comparison: on for a unit that was targeted and for everyone once the flag has shipped, off for everyone else.
 */
export type Arm = "control" | "treatment" | "on" | "off";

/** Arms by flag, resolved once at the start of a run. */
export type Decisions = Readonly<Record<string, Arm>>;

/** What a run carries to every operation inside it. */
export interface RunScope {
  readonly runId: string;
  readonly workflow: string;
  /** The user or session that a rollout sticks to. */
  readonly unit?: string;
  readonly session?: string;
  /** A bounded set of words, for example critical, important, normal. */
  readonly priority?: string;
  readonly decisions?: Decisions;
}

/** A score between 0 and 1 of one quality, by one scorer. */
export interface QualityScore {
  readonly name: string;
  readonly score: number;
  readonly label?: string;
  readonly explanation?: string;
}

/** Cached answers: what was not spent. Kept apart from cost, never subtracted from it. */
export interface Avoided {
  readonly usd?: number;
  readonly ms?: number;
}

/** Timing of a streamed answer, milliseconds. */
export interface StreamTiming {
  readonly timeToFirstChunkMs: number;
  /** Mean gap between chunks after the first. */
  readonly meanChunkGapMs?: number;
  readonly chunks: number;
}

/** What the code that ran the operation knows at its end. */
export interface OutcomeDetails {
  readonly errorType?: string;
  readonly errorMessage?: string;
  readonly model?: string;
  readonly provider?: string;
  readonly usage?: Usage;
  readonly cost?: Cost;
  readonly avoided?: Avoided;
  readonly quality?: readonly QualityScore[];
  readonly stream?: StreamTiming;
  /** Which turn of a refinement loop, from 1. */
  readonly iteration?: number;
  /** Tries made, 1 when the first succeeded. */
  readonly attempts?: number;
  /** Bounded labels: they become metric labels, so values must come from a small set. Never ids or content. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Span-only facts: may be ids. Content only when content capture is on. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * The one record made when an operation ends. Spans' attributes, metrics, windows, effects and alerts all derive
 * from it; nothing is measured twice.
 */
export interface Outcome extends OutcomeDetails {
  readonly kind: OperationKind;
  /** Low-cardinality: a node's, workflow's, route's or model's name. */
  readonly name: string;
  readonly status: OutcomeStatus;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly run: RunScope | undefined;
}
