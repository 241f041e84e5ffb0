export { isOn } from "./arms.ts";
export type { FlagStats, RunDecisions } from "./decisions.ts";
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
export { createFlags, type Flags, type FlagsOptions } from "./flags.ts";
export { createOpenFeatureFlags, type OpenFeatureFlags, type OpenFeatureFlagsOptions } from "./openfeature/flags.ts";
export { openFeatureProvider } from "./openfeature/provider.ts";
export { createEmbeddedFlags, type EmbeddedFlags, type EmbeddedOptions } from "./providers/embedded.ts";
export { createUnleashFlags, type UnleashOptions } from "./providers/unleash.ts";
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
export { createUnleashAdmin, type UnleashAdmin, type UnleashAdminOptions } from "./unleash/admin.ts";
