export type { ServiceCache } from "./cache/service-cache.ts";
export type { CacheSnapshot } from "./cache/snapshots.ts";
export type { Configuration, ConfigurationInput } from "./config/configuration.ts";
export { type DescribedSetting, describeConfiguration } from "./config/describe.ts";
export type { Environment } from "./config/environment.ts";
export { type ConfigurationSources, type LoadedConfiguration, loadConfiguration } from "./config/load.ts";
export { ListenError } from "./errors.ts";
export type { Flyball, RequestMiddleware } from "./flyball.ts";
export type { HealthReport, PartHealth } from "./health.ts";
export type { ConnectMiddleware } from "./http/connect.ts";
export type { HonoContext, HonoMiddleware } from "./http/hono.ts";
export type { NodeRequestOptions } from "./http/node.ts";
export type { HttpServer } from "./http/server.ts";
export { cacheModelCalls, type ModelCacheOptions } from "./middleware/cache-model-calls.ts";
export type { CachedOptions } from "./middleware/cached.ts";
export type { ClientOptions, ModelChoice, Models, PresetName } from "./parts/models.ts";
export { storePath } from "./parts/store.ts";
export {
  definePipeline,
  isPipeline,
  type Pipeline,
  type PipelineDefinition,
  type PipelineItem,
  type ReadyPipeline,
  readyPipeline,
} from "./pipeline/define.ts";
export { pipelineOptions } from "./pipeline/options.ts";
export type {
  Recorded,
  RecordedCacheLookup,
  RecordedDatabase,
  RecordedModelCall,
  RecordedNode,
  RecordedRequest,
  Recorder,
} from "./record.ts";
export { openRecords, type Records } from "./records.ts";
export { exitStatusOf, onStopSignal, type StopSignal } from "./signals.ts";
export { type StartOptions, start } from "./start.ts";
export type { RunDescription } from "./with-run.ts";
export type { AsyncFunction, WrapOptions } from "./wrap.ts";
