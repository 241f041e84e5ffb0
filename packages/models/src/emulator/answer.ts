import { estimateTokens } from "../estimate-usage.ts";
import type { EmbedRequest, FinishReason, GenerateRequest, Provider } from "../types.ts";
import { fillerJson, fillerText, fillerVectors } from "./filler.ts";

/** What an emulated model says, before timing. */
interface Answer {
  readonly text: string;
  readonly outputTokens: number;
  readonly finishReason: FinishReason;
}

/** Makes the texts and vectors: an inner provider, or seeded filler of the asked length. */
export interface Answerer {
  generate(request: GenerateRequest): Promise<Answer>;
  embed(request: EmbedRequest): Promise<readonly Float32Array[]>;
}

export function providerAnswerer(provider: Provider): Answerer {
  return {
    async generate(request) {
      const result = await provider.generate(request);
      // Output tokens are the inner model's own, because it is they that `max_tokens` bounds.
      return { text: result.text, outputTokens: result.usage.outputTokens, finishReason: result.finishReason };
    },
    async embed(request) {
      return (await provider.embed(request)).vectors;
    },
  };
}

export function fillerAnswerer(defaultTokens: number, seed: number): Answerer {
  return {
    async generate(request) {
      if (request.schema) {
        const text = fillerJson(request, request.schema.schema, seed);
        return { text, outputTokens: estimateTokens(text), finishReason: "stop" };
      }
      const outputTokens = request.maxTokens ?? defaultTokens;
      return { text: fillerText(request, outputTokens, seed), outputTokens, finishReason: "stop" };
    },
    embed: async (request) => fillerVectors(request),
  };
}
