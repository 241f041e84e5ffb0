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
export type { CacheStats, Latency, LevelStats } from "./statistics/stats.ts";
export type { Entry, EntryRecord, Level, LevelScope, LevelUsage, MaybePromise } from "./types.ts";
export type { Warmed, WarmOptions } from "./warm.ts";
