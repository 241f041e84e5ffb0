export { createModelClient, type ModelClientOptions } from "./client.ts";
export { BrokenAnswerError, ModelError, type ModelErrorCode, OverloadedError, ProviderHttpError } from "./errors.ts";
export {
  createScriptedProvider,
  type ScriptedAnswer,
  type ScriptedProvider,
  type ScriptedProviderOptions,
} from "./providers/scripted.ts";
export type { Price } from "./record-call.ts";
export type {
  Chunk,
  EmbedCall,
  EmbedRequest,
  EmbedResult,
  FinishReason,
  GenerateRequest,
  GenerateResult,
  Health,
  JsonSchema,
  Message,
  ModelCall,
  ModelClient,
  Provider,
} from "./types.ts";
