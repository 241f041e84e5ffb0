export type { ContentOptions } from "./content.ts";
export { QueryError } from "./errors.ts";
export { type EventParts, evaluationEvent, type FlagEvaluation, flagEvaluationEvent } from "./events.ts";
export {
  createMetricsHandler,
  type MetricsHandler,
  type MetricsHandlerOptions,
  type MetricsResponse,
} from "./exposition/handler.ts";
export { mergeFamilies } from "./exposition/merge.ts";
export { meterSource } from "./exposition/meter-source.ts";
export { parseExposition } from "./exposition/parse.ts";
export { renderExposition } from "./exposition/render.ts";
export { serializeMetrics } from "./exposition/serialize.ts";
export type {
  ExpositionFormat,
  Family,
  FamilyType,
  MetricsSource,
  Sample,
  SampleExemplar,
  SourceReading,
} from "./exposition/types.ts";
export type { CollectedMetric, CollectedPoint, Exemplar, HistogramValue } from "./metrics/collected.ts";
export type { OutcomeMeter } from "./metrics/instrument-factory.ts";
export type { Linkable } from "./metrics/instruments.ts";
export { createSeriesMeter, type SeriesMeter, type SeriesMeterOptions } from "./metrics/meter.ts";
export { createOutcomeMetrics, type OutcomeMetrics, type OutcomeMetricsOptions } from "./metrics/outcome-metrics.ts";
export {
  allowedLabels,
  attribute,
  buckets,
  event,
  flyballMetrics,
  type GenAiMetrics,
  ioAttribute,
  ioMetrics,
  label,
  type MetricDefinition,
  type Names,
  namesFor,
  operationNames,
  overflowLabel,
  type Profile,
  spanName,
} from "./names.ts";
export type { OperationEvent } from "./operation.ts";
export type {
  Arm,
  Avoided,
  Decisions,
  OperationKind,
  Outcome,
  OutcomeDetails,
  OutcomeStatus,
  QualityScore,
  RunScope,
  StreamTiming,
} from "./outcome.ts";
export { type PriceTable, readPriceTable } from "./prices/price-table.ts";
export { createPrices, type PricedUse, type Prices, type PricesOptions } from "./prices/prices.ts";
export { type TelemetryRetentionOptions, telemetryMigrations, telemetryRetention } from "./schema.ts";
export { hasHostProvider } from "./spans/host-provider.ts";
export { createTelemetry } from "./telemetry.ts";
export type {
  OutcomeRecorder,
  TelemetryOptions,
  TelemetryService,
  TelemetryStats,
  WindowOptions,
} from "./telemetry-options.ts";
export type { KeptBecause, SamplingOptions } from "./traces/sampling.ts";
export type { StoredSpan } from "./traces/stored-span.ts";
export {
  createTraceReader,
  type StoredTrace,
  type TraceQuery,
  type TraceReader,
  type TraceSummary,
} from "./traces/trace-reader.ts";
export type { ContentPart, Operation, OperationStart, Telemetry } from "./types.ts";
export { normaliseUsage, type UsageShape } from "./usage/normalise.ts";
export type { Cost, Usage } from "./usage.ts";
export type { WindowQuery } from "./windows/query.ts";
export type { SeriesKey } from "./windows/series.ts";
export type { Distribution, SeriesWindow, Window, WindowPoint, WindowValues } from "./windows/window.ts";
export { createWindowReader, type WindowReader } from "./windows/window-reader.ts";
