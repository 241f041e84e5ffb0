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
