import { z } from "zod";
import type { EmbedRequest, GenerateRequest, Message } from "../types.ts";

interface WireMessage {
  readonly role: "system" | "developer" | "user" | "assistant";
  readonly content: string | readonly { readonly type: "text"; readonly text: string }[];
}

type ResponseFormat =
  | { readonly type: "text" }
  | {
      readonly type: "json_schema";
      readonly json_schema: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
    };

const textPart = z.object({ type: z.literal("text"), text: z.string() });

const message = z.object({
  role: z.enum(["system", "developer", "user", "assistant"]),
  content: z.union([z.string(), z.array(textPart)]),
});

const responseFormat = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({
    type: z.literal("json_schema"),
    json_schema: z.object({
      name: z.string().regex(/^[\w-]{1,64}$/),
      schema: z.record(z.string(), z.unknown()).default({}),
    }),
  }),
]);

/** `POST /v1/chat/completions`: the fields that we read. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly WireMessage[];
  readonly max_tokens?: number | null | undefined;
  readonly max_completion_tokens?: number | null | undefined;
  readonly temperature?: number | null | undefined;
  readonly top_p?: number | null | undefined;
  readonly seed?: number | null | undefined;
  readonly stop?: string | readonly string[] | null | undefined;
  readonly stream?: boolean | null | undefined;
  readonly stream_options?: { readonly include_usage?: boolean | null | undefined } | null | undefined;
  readonly response_format?: ResponseFormat | null | undefined;
}

/** `POST /v1/embeddings`: the fields that we read. */
export interface EmbeddingsRequest {
  readonly model: string;
  readonly input: string | readonly string[];
  readonly encoding_format?: "float" | "base64" | null | undefined;
}

/** What is not supported must be absent or say "no": answering as if it had been read would be a lie. */
const unsupported = (what: string): z.ZodType => z.undefined(`${what} is not supported by this server`).nullish();

/** Fields that do not change the answer (user, store, metadata, …) are let through. */
export const chatRequest: z.ZodType<ChatRequest> = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  response_format: responseFormat.nullish(),
  n: z.literal(1, "only one choice per request is supported").nullish(),
  logprobs: z.literal(false, "log probabilities are not supported by this server").nullish(),
  tools: unsupported("calling tools"),
  functions: unsupported("calling functions"),
  audio: unsupported("audio"),
});

export const embeddingsRequest: z.ZodType<EmbeddingsRequest> = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.string()).min(1).max(2048)]),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: unsupported("shortening embeddings"),
});

/** The request in our own words. */
export function toGenerateRequest(body: ChatRequest, signal: AbortSignal): GenerateRequest {
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  const stop = typeof body.stop === "string" ? [body.stop] : body.stop;
  const format = body.response_format;
  return {
    model: body.model,
    messages: body.messages.map(toMessage),
    signal,
    ...(maxTokens == null ? {} : { maxTokens }),
    ...(body.temperature == null ? {} : { temperature: body.temperature }),
    ...(body.top_p == null ? {} : { topP: body.top_p }),
    ...(body.seed == null ? {} : { seed: body.seed }),
    ...(stop == null ? {} : { stop }),
    ...(format?.type === "json_schema" ? { schema: format.json_schema } : {}),
  };
}

export function toEmbedRequest(body: EmbeddingsRequest, signal: AbortSignal): EmbedRequest {
  return { model: body.model, inputs: typeof body.input === "string" ? [body.input] : body.input, signal };
}

function toMessage({ role, content }: ChatRequest["messages"][number]): Message {
  return {
    role: role === "developer" ? "system" : role,
    content: typeof content === "string" ? content : content.map((part) => part.text).join(""),
  };
}
