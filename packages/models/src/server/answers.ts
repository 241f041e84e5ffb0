import type { Usage } from "@flyball/telemetry";
import type { EmbedResult, FinishReason, GenerateResult } from "../types.ts";

/** What every piece of one answer repeats. */
export interface AnswerIdentity {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
}

export function completionBody(identity: AnswerIdentity, result: GenerateResult): object {
  return {
    ...identity,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: result.text, refusal: null },
        logprobs: null,
        finish_reason: finishWord(result.finishReason),
      },
    ],
    usage: usageBody(result.usage),
  };
}

export function chunkBody(identity: AnswerIdentity, delta: object, finish: FinishReason | null): object {
  const finish_reason = finish === null ? null : finishWord(finish);
  const choices = [{ index: 0, delta, logprobs: null, finish_reason }];
  return { ...identity, object: "chat.completion.chunk", choices };
}

export function usageChunkBody(identity: AnswerIdentity, usage: Usage): object {
  return { ...identity, object: "chat.completion.chunk", choices: [], usage: usageBody(usage) };
}

export function embeddingsBody(result: EmbedResult, format: "float" | "base64"): object {
  return {
    object: "list",
    data: result.vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: format === "base64" ? base64(vector) : [...vector],
    })),
    model: result.model,
    usage: { prompt_tokens: result.usage.inputTokens, total_tokens: result.usage.inputTokens },
  };
}

export function modelBody(id: string): object {
  return { id, object: "model", created: 0, owned_by: "flyball" };
}

function usageBody(usage: Usage): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  };
}

/** OpenAI has no word for "we do not know". */
function finishWord(reason: FinishReason): string {
  return reason === "other" ? "stop" : reason;
}

/** Little-endian 32-bit floats, whatever this machine's order. */
function base64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes.toString("base64");
}
