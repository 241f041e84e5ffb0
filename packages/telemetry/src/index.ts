export {
  allowedLabels,
  attribute,
  buckets,
  event,
  flyballMetrics,
  type GenAiMetrics,
  label,
  type MetricDefinition,
  type Names,
  namesFor,
  operationNames,
  overflowLabel,
  type Profile,
  spanName,
} from "./names.ts";
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
export type { Operation, OperationStart, Telemetry } from "./types.ts";
export type { Cost, Usage } from "./usage.ts";
