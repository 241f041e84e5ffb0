import type { GenerateRequest, GenerateResult } from "./types.ts";

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** What a request's span says about it, in the words of the GenAI conventions. Content is not among them. */
export function requestAttributes(request: GenerateRequest, stream: boolean): Attributes {
  return {
    ...(stream ? { "gen_ai.request.stream": true } : {}),
    ...(request.maxTokens === undefined ? {} : { "gen_ai.request.max_tokens": request.maxTokens }),
    ...(request.temperature === undefined ? {} : { "gen_ai.request.temperature": request.temperature }),
    ...(request.topP === undefined ? {} : { "gen_ai.request.top_p": request.topP }),
    ...(request.seed === undefined ? {} : { "gen_ai.request.seed": request.seed }),
  };
}

/** What the span says about the answer. */
export function responseAttributes(result: GenerateResult): Attributes {
  return {
    "gen_ai.response.model": result.model,
    "gen_ai.response.finish_reasons": result.finishReason,
    ...(result.id === undefined ? {} : { "gen_ai.response.id": result.id }),
  };
}
