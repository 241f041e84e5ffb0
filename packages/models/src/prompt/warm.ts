import { toError } from "@flyball/core";
import type { ModelClient } from "../types.ts";
import type { PreparedPrompt } from "./prepared.ts";

export interface WarmOptions {
  readonly model: string;
  /** Prefixes of fewer estimated tokens are skipped: providers do not cache them. Default 1024. */
  readonly minPrefixTokens?: number;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** What warming one prompt came to. */
export type Warmed =
  | { readonly name: string; readonly status: "warmed"; readonly cacheReadTokens: number; readonly inputTokens: number }
  | { readonly name: string; readonly status: "skipped"; readonly reason: string }
  | { readonly name: string; readonly status: "failed"; readonly error: Error };

/**
 * Sends each prompt's stable part once, asking for a single token, so that the first real request finds it in the
 * provider's cache. One after another: warming is no reason to be rate-limited. A prompt that fails loses only itself.
 */
export async function warmPrompts(
  client: Pick<ModelClient, "generate">,
  prompts: readonly PreparedPrompt[],
  options: WarmOptions,
): Promise<Warmed[]> {
  const { model, minPrefixTokens = 1024, signal, timeoutMs } = options;
  const warmed: Warmed[] = [];
  for (const prompt of prompts) {
    const { name, estimatedPrefixTokens } = prompt;
    if (estimatedPrefixTokens < minPrefixTokens) {
      const reason = `a prefix of about ${estimatedPrefixTokens} tokens is under the ${minPrefixTokens} that providers cache`;
      warmed.push({ name, status: "skipped", reason });
      continue;
    }
    try {
      const { usage } = await client.generate({
        model,
        messages: prompt.messages("Ready?", "cacheable"),
        maxTokens: 1,
        ...(signal ? { signal } : {}),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
      warmed.push({
        name,
        status: "warmed",
        cacheReadTokens: usage.cacheReadTokens ?? 0,
        inputTokens: usage.inputTokens,
      });
    } catch (error) {
      warmed.push({ name, status: "failed", error: toError(error) });
    }
  }
  return warmed;
}
