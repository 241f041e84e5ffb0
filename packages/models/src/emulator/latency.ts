import type { Usage } from "@flyball/telemetry";
import type { EmulatorProfile, LatencyModel, ProfileStep } from "./profile.ts";
import type { Random } from "./random.ts";

/** When the tokens of one answer are due, in reference milliseconds. */
export interface LatencyPlan {
  readonly firstTokenMs: number;
  /** Milliseconds before each token after the first. */
  readonly gapsMs: readonly number[];
  readonly totalMs: number;
}

type TokenCounts = Pick<Usage, "inputTokens" | "cacheReadTokens" | "outputTokens">;

/** Draws one answer's timing. The mean over many draws is `meanMs`. */
export function planLatency(model: LatencyModel, tokens: TokenCounts, random: Random): LatencyPlan {
  const firstTokenMs = beforeOutputMs(model, tokens) * random.factor(model.jitter);
  const gapsMs = Array.from(
    { length: tokens.outputTokens },
    () => model.perOutputTokenMs * random.factor(model.tokenJitter),
  );
  // The first token is generated like the others; only its gap belongs to the time to the first token.
  const [first = 0, ...gaps] = gapsMs;
  return {
    firstTokenMs: firstTokenMs + first,
    gapsMs: gaps,
    totalMs: gapsMs.reduce((sum, gap) => sum + gap, firstTokenMs),
  };
}

/** Expected milliseconds of an answer: base + prefill (cached tokens discounted) + generation. */
export function meanMs(model: LatencyModel, tokens: TokenCounts): number {
  return beforeOutputMs(model, tokens) + tokens.outputTokens * model.perOutputTokenMs;
}

function beforeOutputMs(model: LatencyModel, { inputTokens, cacheReadTokens = 0 }: TokenCounts): number {
  const prefillTokens = inputTokens - cacheReadTokens * (1 - model.cachedInputShare);
  return model.baseMs + prefillTokens * model.perInputTokenMs;
}

/** The latency of a model in a profile. */
export function latencyOf(profile: EmulatorProfile, model: string): LatencyModel {
  // Own names only: callers choose the model's name, and "constructor" is one.
  return (Object.hasOwn(profile.models, model) && profile.models[model]) || profile.latency;
}

/** What a profile expects of one of its steps, uncached, loading left out: to be held against `referenceMs`. */
export function plannedStepMs(profile: EmulatorProfile, step: ProfileStep): number {
  return meanMs(latencyOf(profile, step.model), step);
}
