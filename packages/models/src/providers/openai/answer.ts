import { z } from "zod";
import { BrokenAnswerError, type ModelError } from "../../errors.ts";
import { estimateUsage } from "../../estimate-usage.ts";
import { structuredPart } from "../../structured.ts";
import type { FinishReason, GenerateRequest, GenerateResult } from "../../types.ts";
import { usageOf, type WireUsage, wireUsage } from "./usage.ts";

const completion = z.object({
  id: z.string().nullish(),
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: wireUsage.nullish(),
  service_tier: z.string().nullish(),
});

/** What arrived, whole or piece by piece, before it is made into a result. */
export interface Arrived {
  readonly text: string;
  readonly finishReason: string | undefined;
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly usage: WireUsage | undefined;
  readonly serviceTier: string | undefined;
}

/** Reads the body of a `chat.completion`. */
export function readCompletion(body: string, request: GenerateRequest, provider: string): GenerateResult {
  const { id, model, choices, usage, service_tier } = parseBody(body, completion, provider);
  const choice = choices[0];
  return resultOf(
    {
      text: choice?.message.content ?? choice?.message.refusal ?? "",
      finishReason: choice?.finish_reason ?? undefined,
      id: id ?? undefined,
      model: model ?? undefined,
      usage: usage ?? undefined,
      serviceTier: service_tier ?? undefined,
    },
    request,
    provider,
  );
}

/** Makes the result of what arrived. Without usage from the provider an estimate stands in, marked as one. */
export function resultOf(arrived: Arrived, request: GenerateRequest, provider: string): GenerateResult {
  const finishReason = finishReasonOf(arrived.finishReason);
  return {
    text: arrived.text,
    ...structuredPart(request, arrived.text, finishReason, provider),
    finishReason,
    usage: arrived.usage ? usageOf(arrived.usage, arrived.serviceTier) : estimateUsage(request.messages, arrived.text),
    model: arrived.model ?? request.model,
    ...(arrived.id === undefined ? {} : { id: arrived.id }),
  };
}

function finishReasonOf(word: string | undefined): FinishReason {
  switch (word) {
    case "stop":
    case "length":
    case "content_filter":
    case "tool_calls":
      return word;
    case "function_call":
      return "tool_calls";
    default:
      return "other";
  }
}

/**
 * Parses a JSON body and checks its shape.
 * @throws BrokenAnswerError `response_malformed`, saying where it is wrong; the body itself is not in the message.
 */
export function parseBody<T>(body: string, schema: z.ZodType<T>, provider: string, partialText = ""): T {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw malformed(provider, "something that is not JSON", partialText, cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw malformed(
    provider,
    `an unexpected shape at "${issue?.path.join(".") ?? ""}" (${issue?.message ?? ""})`,
    partialText,
  );
}

function malformed(provider: string, what: string, partialText: string, cause?: unknown): ModelError {
  return new BrokenAnswerError("response_malformed", `${provider} answered with ${what}`, partialText, {
    subject: provider,
    cause,
    retryable: true,
  });
}
