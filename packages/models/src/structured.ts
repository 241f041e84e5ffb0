import { BrokenAnswerError } from "./errors.ts";
import type { FinishReason, GenerateRequest } from "./types.ts";

/**
 * Parses the answer to a request that asked for a schema; nothing for one that did not.
 * @throws BrokenAnswerError `response_malformed` when the answer is not JSON; the text is on the error, never in
 * its message.
 */
export function structuredPart(
  request: GenerateRequest,
  text: string,
  finishReason: FinishReason,
  provider: string,
): { readonly object?: unknown } {
  if (!request.schema) return {};
  try {
    return { object: JSON.parse(text) };
  } catch (cause) {
    const why = finishReason === "length" ? "was cut off at its token limit; raise maxTokens" : "is not JSON";
    throw new BrokenAnswerError(
      "response_malformed",
      `${provider}: the answer for schema "${request.schema.name}" ${why}`,
      text,
      { subject: provider, cause, retryable: finishReason !== "length" },
    );
  }
}
