import type { EmbedRequest, GenerateRequest, JsonSchema } from "../../types.ts";
import type { Dialect } from "./dialect.ts";

/** The body of `POST /chat/completions`. What is undefined is left out by JSON. */
export function chatBody(request: GenerateRequest, dialect: Dialect, stream: boolean): string {
  const fixed = dialect.fixedSampling?.test(request.model) ?? false;
  return JSON.stringify({
    model: request.model,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    [dialect.maxTokensField]: request.maxTokens,
    temperature: fixed ? undefined : (request.temperature ?? 0),
    top_p: fixed ? undefined : request.topP,
    seed: dialect.seed ? request.seed : undefined,
    stop: request.stop && request.stop.length > 0 ? request.stop : undefined,
    response_format: request.schema && {
      type: "json_schema",
      json_schema: {
        name: request.schema.name,
        schema: request.schema.schema,
        strict: acceptsStrict(request.schema.schema),
      },
    },
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  });
}

/** The body of `POST /embeddings`. */
export function embeddingsBody(request: EmbedRequest, dialect: Dialect): string {
  return JSON.stringify({
    model: request.model,
    input: request.inputs,
    encoding_format: dialect.embeddingFormat === "unasked" ? undefined : dialect.embeddingFormat,
  });
}

/**
 * Whether strict mode will take the schema: every object closed, every property required (OpenAI's structured
 * outputs guide). One that is not would be refused outright, so it is sent as a wish instead.
 */
function acceptsStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(acceptsStrict);
  if (typeof schema !== "object" || schema === null) return true;
  const { type, properties, required, additionalProperties } = schema as JsonSchema;
  if (type === "object" || properties !== undefined) {
    const names = Object.keys((properties ?? {}) as object);
    if (additionalProperties !== false) return false;
    if (!Array.isArray(required) || names.some((name) => !required.includes(name))) return false;
  }
  return Object.values(schema).every(acceptsStrict);
}
