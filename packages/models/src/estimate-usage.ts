import type { Usage } from "@flyball/telemetry";
import type { Message } from "./types.ts";

/** English text in the tokenizers in use has about four characters a token (OpenAI's own rule of thumb). */
const charactersPerToken = 4;
/** What a chat template wraps a message in. */
const tokensPerMessage = 4;

/** Tokens of a text, roughly: for when the provider says nothing. At least 1 for any text. */
export function estimateTokens(text: string): number {
  return text === "" ? 0 : Math.max(1, Math.round(text.length / charactersPerToken));
}

/** Usage by estimate, marked as one. */
export function estimateUsage(messages: readonly Message[], answer: string): Usage {
  let inputTokens = 0;
  for (const message of messages) inputTokens += tokensPerMessage + estimateTokens(message.content);
  return { inputTokens, outputTokens: estimateTokens(answer), estimated: true };
}
