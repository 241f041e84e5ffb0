import { type Clock, ConfigurationError, type Logger, systemClock } from "@flyball/core";
import type { Telemetry } from "@flyball/telemetry";
import type { MaybePromise } from "../types.ts";
import type { EmbeddingCacheOptions } from "./embedding-cache.ts";
import { createVerifier, type Verify } from "./facts/verify.ts";
import { answersAgree } from "./shadow.ts";
import type { AnswerStore, Embed, SemanticMode } from "./types.ts";

export interface SemanticCacheOptions {
  readonly embed: Embed;
  /**
   * The least cosine of two questions for one's answer to serve the other, above 0 up to 1. It has no default: what
   * is safe depends on the embedding model. `calibrate` finds it from labelled pairs.
   */
  readonly threshold: number;
  /** Default `off`. */
  readonly mode?: SemanticMode;
  /** Names the cache in statistics and metrics. Default `semantic`. */
  readonly name?: string;
  /** Looks at what embeddings are blind to. Default `createVerifier()`; `() => undefined` accepts all. */
  readonly verify?: Verify;
  /** In shadow: whether the answer that would have been served says the same as the real one. Default `answersAgree`. */
  readonly compare?: (wouldBe: string, real: string) => MaybePromise<boolean>;
  /** How long an answer may serve, milliseconds. Default 24 hours. */
  readonly ttlMs?: number;
  /** Most answers, over all partitions. Default 10,000. */
  readonly maxEntries?: number;
  /** Most bytes of vectors, questions and answers in this process. Default 64 MiB. */
  readonly maxBytes?: number;
  /**
   * Longer questions are not looked up, characters. Default 2,000: embedding models cut what is too long for them,
   * and two that differ after the cut would seem the same.
   */
  readonly maxQuestionLength?: number;
  /** Up to so many answers of a partition each is compared; beyond, a graph of `usearch` if it is installed. Default 512. */
  readonly exactUpTo?: number;
  /** How long a look-up waits for an embedding, milliseconds. Default 1,000. */
  readonly embedDeadlineMs?: number;
  /** Bounds of the cache of embeddings. */
  readonly embeddings?: Omit<EmbeddingCacheOptions, "embed">;
  /** Where answers lie. Default in memory. */
  readonly answers?: AnswerStore;
  readonly telemetry?: Telemetry;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** The options that are plain values or have a default, checked. */
export interface SemanticSettings {
  readonly name: string;
  readonly threshold: number;
  readonly mode: SemanticMode;
  readonly verify: Verify;
  readonly compare: (wouldBe: string, real: string) => MaybePromise<boolean>;
  readonly ttlMs: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly maxQuestionLength: number;
  readonly exactUpTo: number;
  readonly embedDeadlineMs: number;
  readonly clock: Clock;
}

const modes: readonly string[] = ["off", "shadow", "on"] satisfies SemanticMode[];

export const isMode = (value: unknown): value is SemanticMode => modes.includes(value as string);

/** @throws ConfigurationError naming the option */
export function checkSemanticOptions(options: SemanticCacheOptions): SemanticSettings {
  const { threshold, mode = "off" } = options;
  if (typeof options.embed !== "function") throw new ConfigurationError("semantic.embed", options.embed, "a function");
  if (!(typeof threshold === "number" && threshold > 0 && threshold <= 1)) {
    throw new ConfigurationError("semantic.threshold", threshold, "a number above 0 up to 1, as calibrate() finds it");
  }
  if (!isMode(mode)) throw new ConfigurationError("semantic.mode", mode, "off, shadow or on");
  return {
    name: options.name ?? "semantic",
    threshold,
    mode,
    verify: options.verify ?? createVerifier(),
    compare: options.compare ?? answersAgree,
    ttlMs: above("ttlMs", options.ttlMs ?? 24 * 3_600_000, 0),
    maxEntries: whole("maxEntries", options.maxEntries ?? 10_000),
    maxBytes: whole("maxBytes", options.maxBytes ?? 64 * 2 ** 20),
    maxQuestionLength: whole("maxQuestionLength", options.maxQuestionLength ?? 2_000),
    exactUpTo: above("exactUpTo", options.exactUpTo ?? 512, -1),
    embedDeadlineMs: above("embedDeadlineMs", options.embedDeadlineMs ?? 1_000, 0),
    clock: options.clock ?? systemClock,
  };
}

function above(name: string, value: number, bound: number): number {
  if (typeof value === "number" && value > bound) return value;
  throw new ConfigurationError(`semantic.${name}`, value, `a number above ${bound}`);
}

function whole(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new ConfigurationError(`semantic.${name}`, value, "a positive whole number");
}
