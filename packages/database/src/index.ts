export type { BatchOptions, ScopeOptions } from "./batch/collect.ts";
export {
  type BatchGroupLoaderOptions,
  type BatchLoader,
  type BatchLoaderOptions,
  batchGroupLoader,
  batchLoader,
  type LoaderScope,
} from "./batch/loader.ts";
export { type BatchWriter, type BatchWriterOptions, batchWriter, type WriterScope } from "./batch/writer.ts";
export { DatabaseError, type DatabaseErrorCode, type DatabaseErrorOptions } from "./errors.ts";
export { declareIndexes, type Index, type IndexColumn, type IndexDefinition } from "./indexes/declare.ts";
export { applyIndexes, type IndexDrift, indexDrift } from "./indexes/drift.ts";
export type { LiveIndex } from "./indexes/live.ts";
export { driftMigration, type IndexMigration, indexMigration, type MigrationOptions } from "./indexes/migration.ts";
export { createPostgresPool, type PostgresPoolOptions } from "./pool/postgres.ts";
export { createSqlitePool, type SqlitePoolOptions } from "./pool/sqlite.ts";
export {
  type CachedQueries,
  type CachedQueriesOptions,
  type CachedReadOptions,
  createCachedQueries,
  type InvalidatingOptions,
} from "./query/cached-queries.ts";
export type { QueryCache } from "./query/types.ts";
export {
  createReplicatedPool,
  type ReplicaStatus,
  type ReplicatedPool,
  type ReplicatedPoolOptions,
} from "./replicas/replicated-pool.ts";
export type { Session } from "./replicas/session.ts";
export { type InList, inList } from "./sql/in-list.ts";
export { type InsertRowsOptions, insertRows } from "./sql/insert-rows.ts";
export type {
  Engine,
  Pool,
  PoolOptions,
  PoolStats,
  Queryable,
  QueryOptions,
  QueryResult,
  QueryValue,
  ReadOptions,
  StreamOptions,
  Transaction,
  TransactionOptions,
} from "./types.ts";
