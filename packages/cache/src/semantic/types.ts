import type { Latency } from "../statistics/stats.ts";
import type { MaybePromise } from "../types.ts";
import type { EmbeddingCacheStats } from "./embedding-cache.ts";

/**
 * Turns texts into vectors, one a text, in their order, all of one length. Which model does it is the caller's affair;
 * with another model make another cache, because vectors of two models cannot be compared.
 */
export type Embed = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

/** `shadow` looks and compares as `on` would, and serves nothing. */
export type SemanticMode = "off" | "shadow" | "on";

/** What an answer belongs to. Nothing is ever found from another partition. */
export interface SemanticPartition {
  /** Whose data it is. Not empty. */
  readonly tenant: string;
  /** The model that answers. Not empty. */
  readonly model: string;
  /**
   * All else that determines the answer beside the question: system prompt and its version, parameters, tools,
   * documents; best as a hash. Default none.
   */
  readonly context?: string;
}

export interface SemanticQuestion {
  readonly partition: SemanticPartition;
  /** The question as the user put it, without the parts of the prompt that are the same for all. */
  readonly text: string;
  /** Overrides the cache's mode for this question: how a flag's arm switches it. */
  readonly mode?: SemanticMode;
}

/** An answer as text; what was streamed, joined. */
export interface SemanticAnswer {
  readonly text: string;
  /** What it took to compute, milliseconds: what a hit saves. */
  readonly computeMs: number;
  /** What it cost, US dollars; left out when nobody knows. */
  readonly usd?: number;
}

export interface SemanticHit {
  readonly answer: SemanticAnswer;
  /** The question that was answered then. */
  readonly question: string;
  /** The cosine of the two questions, from the threshold to 1. */
  readonly similarity: number;
}

/** A question that was looked up. */
export interface Asked {
  /** The answer to serve, or undefined: compute one. Always undefined in shadow. */
  readonly hit: SemanticHit | undefined;
  /**
   * Hands over the answer that was computed, whole and successful. It is kept, or in shadow compared with the one
   * that would have been served. Costs the caller nothing: the work happens behind it. Only the first call counts.
   */
  learn(answer: SemanticAnswer): void;
}

export interface SemanticCache {
  readonly mode: SemanticMode;
  /** Looks a question up. Never rejects, and takes no longer than `embedDeadlineMs` and the store's own deadline. */
  ask(question: SemanticQuestion): Promise<Asked>;
  /** Asks, and computes and learns the answer when there is none to serve. Rejects as `compute` does. */
  getOrCompute(
    question: SemanticQuestion,
    compute: () => MaybePromise<Omit<SemanticAnswer, "computeMs">>,
  ): Promise<{ readonly text: string; readonly hit: SemanticHit | undefined }>;
  /** Forgets every answer of these partitions, those still on their way in included. Without `model` or `context`: any. */
  forget(partition: Pick<SemanticPartition, "tenant"> & Partial<SemanticPartition>): void;
  stats(): SemanticStats;
  /** Resolves when nothing happens behind the callers any more. */
  idle(): Promise<void>;
  /** Stops; asks from then on find nothing. */
  close(): void;
}

/** Where answers lie, under keys that are hashes of partition and question. Every method may fail. */
export interface AnswerStore {
  /** Whether answers take this process's memory, and so count in `maxBytes` and end with what points to them. */
  readonly inProcess: boolean;
  get(key: string): MaybePromise<string | undefined>;
  set(key: string, text: string, ttlMs: number): MaybePromise<void>;
  delete(key: string): MaybePromise<void>;
}

export interface ShadowStats {
  /** Look-ups that would have been answered. */
  readonly hits: number;
  /** How many of them could be compared with the real answer. */
  readonly compared: number;
  readonly wrong: number;
  /** `wrong` of `compared`; undefined before the first. */
  readonly wrongRatio: number | undefined;
  /** What the real answers took that would not have been computed, milliseconds. */
  readonly savedMs: number;
  readonly savedUsd: number;
}

export interface SemanticStats {
  readonly mode: SemanticMode;
  /** Hits, misses, refusals and failures together, in shadow too. */
  readonly lookups: number;
  /** Look-ups that were answered. */
  readonly hits: number;
  /** Nothing was similar enough. */
  readonly misses: number;
  /** Something was similar enough and verification would not have it. */
  readonly refused: number;
  /** Neighbours that verification refused, by what they disagreed on. */
  readonly disagreements: Readonly<Record<string, number>>;
  /** The embedding was late, failed or not to be had. */
  readonly failed: number;
  /** Questions that were not looked up: too long, blank, without tenant or model. */
  readonly bypassed: number;
  readonly hitRatio: number | undefined;
  readonly lookupMs: Latency;
  readonly savedMs: number;
  readonly savedUsd: number;
  readonly shadow: ShadowStats;
  readonly entries: number;
  readonly partitions: number;
  /** Partitions that a graph searches; the others compare with every vector. */
  readonly graphs: number;
  readonly bytes: number;
  /** Removed to make room. */
  readonly evictions: number;
  /** Removed because their time was over. */
  readonly expirations: number;
  /** Answers that were not kept: too large, forgotten on their way, too many at once. */
  readonly dropped: number;
  readonly embeddings: EmbeddingCacheStats;
  /** Failures by cause, each logged once. */
  readonly failures: Readonly<Record<string, number>>;
}
