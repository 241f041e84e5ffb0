import { z } from "zod";
import { BrokenAnswerError, ModelError } from "../../errors.ts";
import { readSse } from "../../stream/sse.ts";
import type { Chunk, GenerateRequest } from "../../types.ts";
import { type Arrived, parseBody, resultOf } from "./answer.ts";
import { type WireUsage, wireUsage } from "./usage.ts";

const chunk = z.object({
  id: z.string().nullish(),
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: wireUsage.nullish(),
  service_tier: z.string().nullish(),
  error: z.union([z.string(), z.object({ message: z.string().nullish() })]).nullish(),
});

/**
 * Reads a streamed answer. It is whole when a finish reason or `[DONE]` came; servers differ in which of the two
 * they send, and none ends a cut stream with either.
 * @throws BrokenAnswerError with the text that had arrived, when the stream ends early or makes no sense.
 */
export async function* readAnswerStream(
  bytes: AsyncIterable<Uint8Array>,
  request: GenerateRequest,
  provider: string,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  let text = "";
  let done = false;
  let finishReason: string | undefined;
  let id: string | undefined;
  let model: string | undefined;
  let usage: WireUsage | undefined;
  let serviceTier: string | undefined;
  try {
    for await (const event of readSse(bytes)) {
      if (event.data === "[DONE]") {
        done = true;
        break;
      }
      const piece = parseBody(event.data, chunk, provider, text);
      if (piece.error) throw failure(piece.error, provider);
      id ??= piece.id ?? undefined;
      model ??= piece.model ?? undefined;
      usage = piece.usage ?? usage;
      serviceTier = piece.service_tier ?? serviceTier;
      const choice = piece.choices?.[0];
      finishReason = choice?.finish_reason ?? finishReason;
      const words = choice?.delta?.content ?? choice?.delta?.refusal;
      if (!words) continue;
      text += words;
      yield { type: "text", text: words };
    }
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof BrokenAnswerError) throw cause;
    // Once the finish reason is here the answer is whole; what broke was the good-bye.
    if (finishReason === undefined) throw incomplete(provider, text, cause);
  }
  if (finishReason === undefined && !done) throw incomplete(provider, text);
  const arrived: Arrived = { text, finishReason, id, model, usage, serviceTier };
  yield { type: "finish", result: resultOf(arrived, request, provider) };
}

function failure(error: string | { readonly message?: string | null | undefined }, provider: string): ModelError {
  const message = typeof error === "string" ? error : (error.message ?? "no reason given");
  return new ModelError("provider_http", `${provider} failed while it answered: ${message.slice(0, 200)}`, {
    subject: provider,
    retryable: true,
  });
}

function incomplete(provider: string, text: string, cause?: unknown): BrokenAnswerError {
  return new BrokenAnswerError("stream_incomplete", `the stream from ${provider} was cut off`, text, {
    subject: provider,
    retryable: true,
    cause,
  });
}
