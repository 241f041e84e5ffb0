import { attribute } from "@flyball/telemetry";
import type { GenerateRequest, GenerateResult } from "./types.ts";

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** What a request's span says about it, in the words of the GenAI conventions. Content is not among them. */
export function requestAttributes(request: GenerateRequest, stream: boolean): Attributes {
  return {
    ...(stream ? { [attribute.requestStream]: true } : {}),
    ...(request.maxTokens === undefined ? {} : { [attribute.requestMaxTokens]: request.maxTokens }),
    ...(request.temperature === undefined ? {} : { [attribute.requestTemperature]: request.temperature }),
    ...(request.topP === undefined ? {} : { [attribute.requestTopP]: request.topP }),
    ...(request.seed === undefined ? {} : { [attribute.requestSeed]: request.seed }),
  };
}

/** What the span says about the answer. */
export function responseAttributes(result: GenerateResult): Attributes {
  return {
    [attribute.responseFinishReasons]: result.finishReason,
    ...(result.id === undefined ? {} : { [attribute.responseId]: result.id }),
  };
}
