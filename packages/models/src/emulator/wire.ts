import { z } from "zod";
import type { FinishReason, GenerateRequest, Message } from "../types.ts";

const textPart = z.object({ type: z.literal("text"), text: z.string() });
const content = z.union([z.string(), z.array(textPart).transform((parts) => parts.map((part) => part.text).join(""))]);

// Lenient as the real APIs are: fields that an emulator has no use for are let through unread.
const chatRequest = z.object({
  model: z.string().min(1),
  messages: z
    .array(
      z.object({
        role: z.enum(["system", "developer", "user", "assistant"]),
        content,
      }),
    )
    .min(1),
  max_tokens: z.number().int().positive().nullish(),
  max_completion_tokens: z.number().int().positive().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  seed: z.number().int().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  n: z.literal(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  response_format: z
    .union([
      z.object({ type: z.enum(["text", "json_object"]) }),
      z.object({
        type: z.literal("json_schema"),
        json_schema: z.object({ name: z.string(), schema: z.record(z.string(), z.unknown()) }),
      }),
    ])
    .nullish(),
});

const embeddingRequest = z.object({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.string()).min(1).max(2048)]).transform((input) => [input].flat()),
  encoding_format: z.enum(["float", "base64"]).nullish(),
});

export interface ChatCall {
  readonly request: GenerateRequest;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

export interface EmbeddingCall {
  readonly model: string;
  readonly inputs: readonly string[];
  readonly base64: boolean;
}

/** A request body that was refused, with the sentence for the caller. */
export interface Refused {
  readonly refused: string;
}

export function readChatCall(body: unknown): ChatCall | Refused {
  const parsed = chatRequest.safeParse(body);
  if (!parsed.success) return refuse(parsed.error);
  const wire = parsed.data;
  const maxTokens = wire.max_completion_tokens ?? wire.max_tokens;
  const format = wire.response_format;
  const request: GenerateRequest = {
    model: wire.model,
    messages: wire.messages.map(
      (message): Message => ({
        role: message.role === "developer" ? "system" : message.role,
        content: message.content,
      }),
    ),
    ...(maxTokens ? { maxTokens } : {}),
    ...(typeof wire.temperature === "number" ? { temperature: wire.temperature } : {}),
    ...(typeof wire.top_p === "number" ? { topP: wire.top_p } : {}),
    ...(typeof wire.seed === "number" ? { seed: wire.seed } : {}),
    ...(wire.stop ? { stop: [wire.stop].flat() } : {}),
    ...(format?.type === "json_schema"
      ? { schema: { name: format.json_schema.name, schema: format.json_schema.schema } }
      : {}),
  };
  return { request, stream: wire.stream === true, includeUsage: wire.stream_options?.include_usage === true };
}

export function readEmbeddingCall(body: unknown): EmbeddingCall | Refused {
  const parsed = embeddingRequest.safeParse(body);
  if (!parsed.success) return refuse(parsed.error);
  const { model, input, encoding_format } = parsed.data;
  return { model, inputs: input, base64: encoding_format === "base64" };
}

function refuse(error: z.ZodError): Refused {
  const issue = error.issues[0];
  return { refused: `${issue?.path.join(".") || "body"}: ${issue?.message ?? "invalid"}` };
}

export interface WireUsage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

function usageBody(usage: WireUsage): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
  };
}

/** What every body of one answer repeats. */
export interface AnswerHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

export function completionBody(head: AnswerHead, text: string, finishReason: FinishReason, usage: WireUsage): object {
  return {
    ...head,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: text, refusal: null },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage: usageBody(usage),
  };
}

/** One piece of a streamed answer; the last has a finish reason and no text. */
export function chunkBody(head: AnswerHead, text: string | undefined, finishReason: FinishReason | null): object {
  return {
    ...head,
    object: "chat.completion.chunk",
    choices: [
      { index: 0, delta: text === undefined ? {} : { role: "assistant", content: text }, finish_reason: finishReason },
    ],
  };
}

/** The extra piece that `stream_options.include_usage` asks for. */
export function usageChunkBody(head: AnswerHead, usage: WireUsage): object {
  return { ...head, object: "chat.completion.chunk", choices: [], usage: usageBody(usage) };
}

export function embeddingBody(call: EmbeddingCall, vectors: readonly Float32Array[], inputTokens: number): object {
  return {
    object: "list",
    model: call.model,
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: call.base64
        ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64")
        : Array.from(vector),
    })),
    usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
  };
}

export function errorBody(type: string, message: string): object {
  return { error: { message, type, param: null, code: type } };
}
