import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normaliseUsage, type UsageShape } from "../src/usage/normalise.ts";

// Records as the providers' API references show them.
const golden: readonly [string, UsageShape, unknown, unknown][] = [
  [
    "OpenAI chat completions: cached tokens are part of the prompt",
    "openai",
    {
      prompt_tokens: 2006,
      completion_tokens: 300,
      total_tokens: 2306,
      prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 128, accepted_prediction_tokens: 0 },
    },
    { inputTokens: 2006, outputTokens: 300, cacheReadTokens: 1920, reasoningTokens: 128 },
  ],
  [
    "OpenAI responses",
    "openai",
    {
      input_tokens: 75,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 1186,
      output_tokens_details: { reasoning_tokens: 1024 },
      total_tokens: 1261,
    },
    { inputTokens: 75, outputTokens: 1186, reasoningTokens: 1024 },
  ],
  [
    "OpenAI embeddings have no output",
    "openai",
    { prompt_tokens: 8, total_tokens: 8 },
    { inputTokens: 8, outputTokens: 0 },
  ],
  [
    "OpenAI's tier is kept",
    "openai",
    { prompt_tokens: 10, completion_tokens: 2, service_tier: "flex" },
    { inputTokens: 10, outputTokens: 2, tier: "flex" },
  ],
  [
    "Anthropic: the cached parts are added to the input",
    "anthropic",
    {
      input_tokens: 50,
      cache_creation_input_tokens: 248,
      cache_read_input_tokens: 100_000,
      output_tokens: 503,
      service_tier: "batch",
    },
    { inputTokens: 100_298, outputTokens: 503, cacheReadTokens: 100_000, cacheWriteTokens: 248, tier: "batch" },
  ],
  [
    "Gemini: thoughts are added to the output, the cached part is in the prompt",
    "gemini",
    {
      promptTokenCount: 696_219,
      cachedContentTokenCount: 696_190,
      candidatesTokenCount: 214,
      thoughtsTokenCount: 1_000,
      toolUsePromptTokenCount: 81,
      totalTokenCount: 697_514,
    },
    { inputTokens: 696_300, outputTokens: 1_214, cacheReadTokens: 696_190, reasoningTokens: 1_000 },
  ],
  [
    "Gemini: a blocked prompt has no candidates",
    "gemini",
    { promptTokenCount: 7 },
    { inputTokens: 7, outputTokens: 0 },
  ],
  [
    "llama.cpp: evaluated and cached make the prompt",
    "llama.cpp",
    { tokens_evaluated: 120, tokens_predicted: 40, timings: { prompt_n: 20, cache_n: 100, predicted_n: 40 } },
    { inputTokens: 120, outputTokens: 40, cacheReadTokens: 100 },
  ],
  [
    "llama.cpp before cache counts",
    "llama.cpp",
    { tokens_evaluated: 120, tokens_predicted: 40, timings: { prompt_n: 20 } },
    { inputTokens: 120, outputTokens: 40 },
  ],
];

describe("usage records become ours", () => {
  test.each(golden)("%s", (_name, shape, record, expected) => {
    expect(normaliseUsage(shape, record)).toEqual(expected);
  });
});

describe("what is not a usage record", () => {
  const shapes: readonly UsageShape[] = ["openai", "anthropic", "gemini", "llama.cpp"];
  test.each(shapes)("%s: gives none", (shape) => {
    for (const record of [undefined, null, 7, "text", {}, [], { prompt_tokens: -1, input_tokens: Number.NaN }]) {
      expect(normaliseUsage(shape, record)).toBeUndefined();
    }
  });

  test("counts hold together whatever the numbers are", () => {
    const number = fc.oneof(fc.nat(1e9), fc.constantFrom(-1, 0.5, Number.NaN, "12", null, undefined));
    const record = fc.record({
      prompt_tokens: number,
      input_tokens: number,
      output_tokens: number,
      completion_tokens: number,
      cache_read_input_tokens: number,
      cache_creation_input_tokens: number,
      prompt_tokens_details: fc.record({ cached_tokens: number }),
      promptTokenCount: number,
      cachedContentTokenCount: number,
      candidatesTokenCount: number,
      thoughtsTokenCount: number,
    });
    fc.assert(
      fc.property(fc.constantFrom(...shapes), record, (shape, fields) => {
        const usage = normaliseUsage(shape, fields);
        if (!usage) return;
        const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0 } = usage;
        for (const value of [inputTokens, outputTokens]) expect(Number.isSafeInteger(value)).toBe(true);
        expect(cacheReadTokens + cacheWriteTokens).toBeLessThanOrEqual(inputTokens);
        expect(reasoningTokens).toBeLessThanOrEqual(outputTokens);
      }),
    );
  });
});
