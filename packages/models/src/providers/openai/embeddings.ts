import { z } from "zod";
import { BrokenAnswerError } from "../../errors.ts";
import { estimateTokens } from "../../estimate-usage.ts";
import type { EmbedRequest, EmbedResult } from "../../types.ts";
import { parseBody } from "./answer.ts";
import { usageOf, wireUsage } from "./usage.ts";

const answer = z.object({
  model: z.string().nullish(),
  data: z.array(z.object({ index: z.number().nullish(), embedding: z.union([z.string(), z.array(z.number())]) })),
  usage: wireUsage.nullish(),
});

/** Reads the body of an embeddings answer; vectors come back in the order of the inputs, whatever the wire's. */
export function readEmbeddings(body: string, request: EmbedRequest, provider: string): EmbedResult {
  const { data, model, usage } = parseBody(body, answer, provider);
  const vectors: Float32Array[] = [];
  data.forEach((item, position) => {
    vectors[item.index ?? position] = vectorOf(item.embedding);
  });
  const whole = vectors.length === request.inputs.length && request.inputs.every((_, i) => vectors[i] !== undefined);
  if (!whole) {
    throw new BrokenAnswerError(
      "response_malformed",
      `${provider} answered with ${data.length} vectors for ${request.inputs.length} inputs`,
      "",
      { subject: provider },
    );
  }
  const inputTokens = request.inputs.reduce((sum, input) => sum + estimateTokens(input), 0);
  return {
    vectors,
    usage: usage ? { ...usageOf(usage), outputTokens: 0 } : { inputTokens, outputTokens: 0, estimated: true },
    model: model ?? request.model,
  };
}

/** Base64 holds little-endian 32-bit floats. */
function vectorOf(embedding: string | readonly number[]): Float32Array {
  if (typeof embedding !== "string") return Float32Array.from(embedding);
  const bytes = Buffer.from(embedding, "base64");
  const vector = new Float32Array(Math.floor(bytes.length / 4));
  for (let i = 0; i < vector.length; i++) vector[i] = bytes.readFloatLE(i * 4);
  return vector;
}
