export { createModelClient, type ModelClientOptions } from "./client.ts";
export { createEmulator, type Emulator, type EmulatorOptions } from "./emulator/emulator.ts";
export type { FaultKind, FaultSettings } from "./emulator/faults.ts";
export { plannedStepMs } from "./emulator/latency.ts";
export {
  type EmulatorProfile,
  type EmulatorProfileInput,
  type LatencyModel,
  type ProfileStep,
  parseProfile,
} from "./emulator/profile.ts";
export { emulatorProfiles } from "./emulator/profiles.ts";
export type { EmulatorStats } from "./emulator/stats.ts";
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
