export type { Advice, Forecast } from "./advise/advise.ts";
export type { Cache, CachedAnswer, CacheNamespace, CacheView, Told } from "./cache-types.ts";
export { createCache } from "./create-cache.ts";
export {
  CacheClosedError,
  CacheError,
  CacheKeyError,
  ComputedElsewhereError,
  LevelUnavailableError,
  UnstorableValueError,
} from "./errors.ts";
export { keyOf } from "./key.ts";
export { type DiskLevelOptions, diskLevel } from "./levels/disk.ts";
export { createKeyvSqlite, type KeyvLevelOptions, type KeyvLike, keyvLevel } from "./levels/keyv.ts";
export type { LevelContext, LevelFactory } from "./levels/level-context.ts";
export { type MemoryLevelOptions, memoryLevel } from "./levels/memory.ts";
export { type RedisLevelOptions, redisLevel } from "./levels/redis.ts";
export type { SqliteStoreOptions } from "./levels/sqlite-store.ts";
export type { CacheOptions, CallOptions, Compute, ComputeContext, Lifetimes } from "./options.ts";
export {
  type CalibrateOptions,
  type Calibration,
  calibrate,
  type LabelledPair,
  type ThresholdFigures,
} from "./semantic/calibrate.ts";
export {
  createEmbeddingCache,
  type EmbeddingCache,
  type EmbeddingCacheOptions,
  type EmbeddingCacheStats,
} from "./semantic/embedding-cache.ts";
export { EmbeddingError } from "./semantic/errors.ts";
export type { Disagreement } from "./semantic/facts/compare.ts";
export { createVerifier, type Verify, type VerifyOptions } from "./semantic/facts/verify.ts";
export { formatCalibration } from "./semantic/format-calibration.ts";
export type { SemanticCacheOptions } from "./semantic/options.ts";
export { readPairs } from "./semantic/read-pairs.ts";
export { createSemanticCache } from "./semantic/semantic-cache.ts";
export { answersAgree } from "./semantic/shadow.ts";
export type {
  AnswerStore,
  Asked,
  Embed,
  SemanticAnswer,
  SemanticCache,
  SemanticHit,
  SemanticMode,
  SemanticPartition,
  SemanticQuestion,
  SemanticStats,
  ShadowStats,
} from "./semantic/types.ts";
export type { CacheStats, Latency, LevelStats } from "./statistics/stats.ts";
export type { Entry, EntryRecord, Level, LevelScope, LevelUsage, MaybePromise } from "./types.ts";
export type { Warmed, WarmOptions } from "./warm.ts";
