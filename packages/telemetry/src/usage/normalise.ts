import type { Usage } from "../usage.ts";

/** Whose usage record it is. `openai` is also what Gemini, Ollama and llama.cpp's server give at their compatible endpoints. */
export type UsageShape = "openai" | "anthropic" | "gemini" | "llama.cpp";

/**
 * Turns a provider's usage record into ours, where `inputTokens` includes what was cached and `outputTokens` what
 * was spent on reasoning. Undefined when the record lacks its counts or they are not whole numbers from 0: no usage
 * is better than a wrong one. Cached tokens never exceed the input.
 */
export function normaliseUsage(shape: UsageShape, record: unknown): Usage | undefined {
  if (typeof record !== "object" || record === null) return undefined;
  return readers[shape](record as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

const readers: Readonly<Record<UsageShape, (fields: Fields) => Usage | undefined>> = {
  openai,
  anthropic,
  gemini,
  "llama.cpp": llamaCpp,
};

/** Chat completions (`prompt_tokens`) and responses (`input_tokens`); cached tokens are part of both. */
function openai(fields: Fields): Usage | undefined {
  const input = count(fields.prompt_tokens ?? fields.input_tokens);
  const inputDetails = nested(fields.prompt_tokens_details ?? fields.input_tokens_details);
  const outputDetails = nested(fields.completion_tokens_details ?? fields.output_tokens_details);
  // Embeddings have no output.
  const output = count(fields.completion_tokens ?? fields.output_tokens ?? 0);
  return usage(input, output, {
    cacheRead: count(inputDetails.cached_tokens),
    reasoning: count(outputDetails.reasoning_tokens),
    tier: fields.service_tier,
  });
}

/** `input_tokens` is only what came after the last cache breakpoint: the cached parts are added. */
function anthropic(fields: Fields): Usage | undefined {
  const fresh = count(fields.input_tokens);
  const cacheRead = count(fields.cache_read_input_tokens);
  const cacheWrite = count(fields.cache_creation_input_tokens);
  const input = fresh === undefined ? undefined : fresh + (cacheRead ?? 0) + (cacheWrite ?? 0);
  return usage(input, count(fields.output_tokens), { cacheRead, cacheWrite, tier: fields.service_tier });
}

/** `promptTokenCount` includes the cached content; `candidatesTokenCount` leaves out the thoughts. */
function gemini(fields: Fields): Usage | undefined {
  const prompt = count(fields.promptTokenCount);
  const thoughts = count(fields.thoughtsTokenCount);
  const input = prompt === undefined ? undefined : prompt + (count(fields.toolUsePromptTokenCount) ?? 0);
  // A blocked prompt has no candidates.
  const output = count(fields.candidatesTokenCount ?? 0);
  return usage(input, output === undefined ? undefined : output + (thoughts ?? 0), {
    cacheRead: count(fields.cachedContentTokenCount),
    reasoning: thoughts,
  });
}

/** The server's own `/completion`: `timings.prompt_n` was evaluated, `timings.cache_n` taken from the slot's cache. */
function llamaCpp(fields: Fields): Usage | undefined {
  const timings = nested(fields.timings);
  const evaluated = count(timings.prompt_n);
  const cacheRead = count(timings.cache_n);
  const input =
    evaluated !== undefined && cacheRead !== undefined ? evaluated + cacheRead : count(fields.tokens_evaluated);
  return usage(input, count(fields.tokens_predicted ?? timings.predicted_n), { cacheRead });
}

function usage(
  input: number | undefined,
  output: number | undefined,
  parts: {
    cacheRead?: number | undefined;
    cacheWrite?: number | undefined;
    reasoning?: number | undefined;
    tier?: unknown;
  },
): Usage | undefined {
  if (input === undefined || output === undefined) return undefined;
  const cacheRead = Math.min(parts.cacheRead ?? 0, input);
  const cacheWrite = Math.min(parts.cacheWrite ?? 0, input - cacheRead);
  return {
    inputTokens: input,
    outputTokens: output,
    ...(cacheRead > 0 ? { cacheReadTokens: cacheRead } : {}),
    ...(cacheWrite > 0 ? { cacheWriteTokens: cacheWrite } : {}),
    ...(parts.reasoning ? { reasoningTokens: Math.min(parts.reasoning, output) } : {}),
    ...(typeof parts.tier === "string" ? { tier: parts.tier } : {}),
  };
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function nested(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
