import type { Usage } from "@flyball/telemetry";
import { z } from "zod";

/** `usage` as OpenAI defines it, and what others leave out of it. */
export interface WireUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens?: number | null | undefined;
  readonly total_tokens?: number | null | undefined;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number | null | undefined } | null | undefined;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number | null | undefined } | null | undefined;
}

const count = z.number().nullish();

export const wireUsage: z.ZodType<WireUsage> = z.object({
  prompt_tokens: z.number(),
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: count }).nullish(),
});

/**
 * One meaning for everybody's numbers: cached tokens are part of the input, reasoning tokens part of the output.
 * Gemini leaves its thinking out of `completion_tokens` and counts it in `total_tokens` alone, so the output is the
 * larger of the two readings. `service_tier` names a price tier unless it is the default one.
 */
export function usageOf(wire: WireUsage, serviceTier?: string | null): Usage {
  const completion = wire.completion_tokens ?? 0;
  const byTotal = wire.total_tokens == null ? completion : wire.total_tokens - wire.prompt_tokens;
  const outputTokens = Math.max(completion, byTotal);
  const cached = wire.prompt_tokens_details?.cached_tokens ?? 0;
  const reasoning = wire.completion_tokens_details?.reasoning_tokens ?? outputTokens - completion;
  return {
    inputTokens: wire.prompt_tokens,
    outputTokens,
    ...(cached > 0 ? { cacheReadTokens: Math.min(cached, wire.prompt_tokens) } : {}),
    ...(reasoning > 0 ? { reasoningTokens: Math.min(reasoning, outputTokens) } : {}),
    ...(serviceTier && serviceTier !== "default" && serviceTier !== "auto" ? { tier: serviceTier } : {}),
  };
}
