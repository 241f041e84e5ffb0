export { type Batcher, type BatcherOptions, type BatcherStats, createBatcher } from "./batch/batcher.ts";
export {
  type AnswerFormat,
  createQuestionBatcher,
  jsonAnswer,
  type QuestionBatcherOptions,
  textAnswer,
} from "./batch/questions.ts";
export { type StepBudget, type TokenBudget, tokenBudget } from "./budget/token-budget.ts";
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
export { estimateTokens, estimateUsage } from "./estimate-usage.ts";
export type { AdaptOptions } from "./limit/adaptive-rate.ts";
export {
  createRateLimiter,
  type RateLimiter,
  type RateLimiterOptions,
  type RateLimiterStats,
} from "./limit/rate-limiter.ts";
export type { BreakerOptions } from "./pool/breaker.ts";
export type { PoolOptions } from "./pool/pooled.ts";
export type { RetryOptions } from "./pool/retry.ts";
export type { TransportStats } from "./pool/transport.ts";
export { createIdleRelease, type IdleRelease, type IdleReleaseOptions, type Released } from "./preload/idle-release.ts";
export {
  createPreloader,
  type Preloader,
  type PreloaderOptions,
  type PreloadModel,
  type PreloadReport,
  sharedPreloader,
} from "./preload/preloader.ts";
export { extractJson } from "./prompt/extract-json.ts";
export { layoutPrompt, type PromptLayout, type PromptParts } from "./prompt/layout.ts";
export { type PreparedPrompt, preparePrompt } from "./prompt/prepared.ts";
export { type Warmed, type WarmOptions, warmPrompts } from "./prompt/warm.ts";
export type { LlamaModelStats } from "./providers/llama/loaded-model.ts";
export { type ModelFile, readModelFile } from "./providers/llama/model-file.ts";
export { createLlamaProvider, type LlamaProvider, type LlamaProviderOptions } from "./providers/llama/provider.ts";
export type { LlamaModelSettings } from "./providers/llama/settings.ts";
export type { Dialect } from "./providers/openai/dialect.ts";
export { gemini, llamaServer, ollama, openai, type PresetOptions } from "./providers/openai/presets.ts";
export {
  createOpenAiProvider,
  type OpenAiProvider,
  type OpenAiProviderOptions,
  type OpenAiProviderStats,
} from "./providers/openai/provider.ts";
export {
  createScriptedProvider,
  type ScriptedAnswer,
  type ScriptedProvider,
  type ScriptedProviderOptions,
} from "./providers/scripted.ts";
export type { Price } from "./record-call.ts";
export { ScoreUnavailableError } from "./score/errors.ts";
export { type EvaluateOptions, type Evaluation, evaluate, type RecordOptions, recordScore } from "./score/evaluate.ts";
export { type Feedback, feedbackScore } from "./score/feedback.ts";
export { type Comparison, goldScorer, goldSetScorer } from "./score/gold.ts";
export { formatScorer, groundingScorer, lengthScorer, repetitionScorer } from "./score/heuristics.ts";
export { exactMatch, normalisedMatch, rougeL, tokenF1 } from "./score/overlap.ts";
export { type Criterion, type RubricOptions, rubricScorer } from "./score/rubric.ts";
export { pooledSetScores, type SetScores, setScores } from "./score/sets.ts";
export type { Scorer, ScoreSample } from "./score/types.ts";
export { weightedScorer } from "./score/weighted.ts";
export { createModelServer, type ModelServer, type ModelServerOptions } from "./server/server.ts";
export { tinyModelPath } from "./tiny.ts";
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
  LoadedModel,
  Message,
  ModelCall,
  ModelClient,
  Provider,
} from "./types.ts";
