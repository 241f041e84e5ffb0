export type {
  Chunk,
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
