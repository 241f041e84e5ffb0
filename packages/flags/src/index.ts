export { isOn } from "./arms.ts";
export type {
  ConstraintDefinition,
  DependencyDefinition,
  FlagDefinition,
  SegmentDefinition,
  StrategyDefinition,
  VariantDefinition,
} from "./definition.ts";
export { FlagChangeError, FlagsError, UnleashServerError } from "./errors.ts";
export { type RulesetDocument, readRuleset } from "./exchange/document.ts";
export { type ServerExport, writeServerExport } from "./exchange/server-export.ts";
export { createFlags, type FlagStats, type Flags, type FlagsOptions, type RunDecisions } from "./flags.ts";
export { createEmbeddedFlags, type EmbeddedFlags, type EmbeddedOptions } from "./providers/embedded.ts";
export {
  type Comparison,
  comparisonOf,
  newFlag,
  type RolloutSpread,
  targetsOf,
  withKill,
  withPercentage,
  withRevival,
  withRollout,
  withShipped,
  withTargets,
} from "./rollout.ts";
export { flagMigrations } from "./store/schema.ts";
export type {
  Attribute,
  Change,
  FlagAdmin,
  FlagContext,
  FlagEvaluation,
  FlagProvider,
  FlagReason,
  HistoryEntry,
  ProviderHealth,
  Resolution,
  Revocation,
  Subject,
} from "./types.ts";
