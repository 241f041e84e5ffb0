export {
  createFallbackCheckpoints,
  type FallbackCheckpointOptions,
  type FallbackCheckpoints,
} from "./checkpoint/fallback.ts";
export { createLocalCheckpoints, type LocalCheckpointOptions } from "./checkpoint/local.ts";
export { checkpointMigrations } from "./checkpoint/local-schema.ts";
export { createMemoryCheckpoints, type MemoryCheckpointOptions } from "./checkpoint/memory.ts";
export { createRedisCheckpoints, type RedisCheckpointOptions } from "./checkpoint/redis.ts";
export type { CheckpointHead, CheckpointRecord, CheckpointStore, RunStatus, StoredRun } from "./checkpoint/types.ts";
export { createEngine, type Engine, type EngineOptions, type RunSummary } from "./engine.ts";
export {
  ApprovalRejectedError,
  CheckpointError,
  NodeValueError,
  type RefusalReason,
  RunRefusedError,
  WorkflowError,
} from "./errors.ts";
export type {
  Approval,
  Attempt,
  NodeContext,
  NodeOptions,
  PendingApproval,
  Refined,
  ResumeOptions,
  RetryPolicy,
  Run,
  RunEvent,
  RunEvents,
  RunOptions,
  RunResult,
  Settled,
  ValueSchema,
} from "./types.ts";
export { workflow } from "./workflow.ts";
export type {
  Added,
  ApprovalOptions,
  Body,
  BodyValue,
  FanOutOptions,
  FinalState,
  NestedOptions,
  NodeFunction,
  Scopes,
  Simplify,
  StateAfter,
  Workflow,
  WorkflowBuilder,
} from "./workflow-types.ts";
