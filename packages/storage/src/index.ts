export type { RedisClientType } from "@redis/client";
export { createLocalCoordinator, type LocalCoordinatorOptions } from "./coordinator/local.ts";
export { createRedisCoordinator, type RedisCoordinatorOptions } from "./coordinator/redis.ts";
export type { Claim, Coordinator } from "./coordinator/types.ts";
export { defaultStorePath } from "./default-path.ts";
export { CoordinatorUnavailableError, DatabaseBusyError, NewerSchemaError, StorageError } from "./errors.ts";
export { createRedisLink, type RedisLink, type RedisLinkOptions } from "./redis/redis-link.ts";
export { openStore } from "./store.ts";
export type {
  Database,
  DatabaseWriter,
  Migration,
  Retention,
  SqlValue,
  Store,
  StoreOptions,
  WriterLimits,
} from "./types.ts";
