import { ConfigurationError } from "@flyball/core";
import { controlVariant, treatmentVariant } from "./arms.ts";
import type { ConstraintDefinition, FlagDefinition, StrategyDefinition, VariantDefinition } from "./definition.ts";

/** How a flag is spread. Everything here is a pure function of a definition, and the same for every provider. */
export interface RolloutSpread {
  /**
   * Percent of units in treatment, and as many in control: twice as many are exposed, the rest is outside the
   * comparison. A multiple of 0.5, above 0 and at most 50, because Unleash splits units into hundredths.
   */
  readonly percent: number;
  /**
   * Names this comparison: units are dealt anew when it changes, and what was measured under another name does not
   * count. Default: as it was, or the flag's name.
   */
  readonly comparison?: string;
}

/** A flag's comparison, read off its rules: which units are compared, under which name. */
export interface Comparison {
  readonly flag: string;
  /** Changes whenever units are dealt anew; growing the percentage does not. */
  readonly id: string;
  /** Percent of all units that are in either arm. */
  readonly exposedPercent: number;
  /** The chance that an exposed unit is in treatment, above 0 and below 1. */
  readonly treatmentShare: number;
}

/** Weights are in thousandths, as Unleash has them. */
const wholeWeight = 1_000;
/** What every decision sticks to: Unleash's name for the unit. */
const stickiness = "userId";

/** A new flag, off for everyone. */
export function newFlag(name: string, description?: string): FlagDefinition {
  return {
    name,
    type: "release",
    ...(description === undefined ? {} : { description }),
    enabled: false,
    strategies: [],
  };
}

/** Compares: equal arms of `percent` each, at any percentage the same units plus new ones. @throws ConfigurationError */
export function withRollout(definition: FlagDefinition, { percent, comparison }: RolloutSpread): FlagDefinition {
  if (!(percent > 0 && percent <= 50 && Number.isInteger(percent * 2))) {
    throw new ConfigurationError(`${definition.name}.percent`, percent, "a multiple of 0.5, above 0 and at most 50");
  }
  return spread(definition, percent * 2, wholeWeight / 2, comparison ?? groupOf(definition), "experiment");
}

/**
 * Ships to everyone. With a holdback, that percentage of all units stays in control, dealt anew under `comparison`.
 * @throws ConfigurationError
 */
export function withShipped(definition: FlagDefinition, holdbackPercent = 0, comparison?: string): FlagDefinition {
  if (!(holdbackPercent >= 0 && holdbackPercent < 50)) {
    throw new ConfigurationError(`${definition.name}.holdback`, holdbackPercent, "a percentage from 0 to below 50");
  }
  if (holdbackPercent === 0) {
    const strategies = [...targeted(definition), everyone(definition)];
    return { ...definition, type: "release", enabled: true, strategies };
  }
  const weight = Math.max(1, Math.round((holdbackPercent / 100) * wholeWeight));
  const group = comparison ?? `${groupOf(definition).replace(/:shipped$/, "")}:shipped`;
  return spread(definition, 100, weight, group, "release");
}

/** Everyone has it, or a percentage without a comparison. @throws ConfigurationError */
export function withPercentage(definition: FlagDefinition, percent: number): FlagDefinition {
  if (!(percent >= 0 && percent <= 100))
    throw new ConfigurationError(`${definition.name}.percent`, percent, "0 to 100");
  return { ...definition, enabled: true, strategies: [...targeted(definition), everyone(definition, percent)] };
}

/** Off for everyone, at once; the rules stay for when it is switched on again. */
export function withKill(definition: FlagDefinition): FlagDefinition {
  return { ...definition, enabled: false };
}

/** Switched on again, by the rules that it has. */
export function withRevival(definition: FlagDefinition): FlagDefinition {
  return { ...definition, enabled: true };
}

/** Turns it on for these units whatever their share; they are in no comparison. An empty list ends the targeting. */
export function withTargets(definition: FlagDefinition, units: readonly string[]): FlagDefinition {
  const rest = definition.strategies.filter((strategy) => !isTargeting(strategy));
  if (units.length === 0) return { ...definition, strategies: rest };
  const constraint: ConstraintDefinition = {
    contextName: stickiness,
    operator: "IN",
    values: [...units],
    inverted: false,
    caseInsensitive: false,
  };
  const ours = { ...flexible("100", groupOf(definition)), constraints: [constraint] };
  // Without another rule the flag would now be off for everyone else, which nobody asked for: say what was meant.
  const others = rest.length > 0 || !definition.enabled ? rest : [everyone(definition)];
  return { ...definition, strategies: [ours, ...others] };
}

/** The units that a flag is turned on for by name. */
export function targetsOf(definition: FlagDefinition): readonly string[] {
  return definition.strategies.filter(isTargeting).flatMap(({ constraints }) => constraints?.[0]?.values ?? []);
}

/** The comparison that a flag's rules make, if they make one. */
export function comparisonOf(definition: FlagDefinition): Comparison | undefined {
  if (!definition.enabled) return undefined;
  const strategy = definition.strategies.find(isComparing);
  const control = weightOf(strategy?.variants, controlVariant);
  const treatment = weightOf(strategy?.variants, treatmentVariant);
  if (!strategy || control + treatment === 0) return undefined;
  const group = String(strategy.parameters?.groupId ?? definition.name);
  return {
    flag: definition.name,
    id: `${group}/${control}:${treatment}`,
    exposedPercent: Number(strategy.parameters?.rollout ?? 100),
    treatmentShare: treatment / (control + treatment),
  };
}

function spread(
  definition: FlagDefinition,
  exposedPercent: number,
  controlWeight: number,
  group: string,
  type: string,
): FlagDefinition {
  const before = definition.strategies.find(isComparing);
  const variants = [
    // Fixed, or a server would make the weights equal again.
    { name: controlVariant, weight: controlWeight, weightType: "fix", stickiness },
    { name: treatmentVariant, weight: wholeWeight - controlWeight, weightType: "variable", stickiness },
  ];
  // Whom the comparison is among stays: a rollout among paying users goes on among paying users.
  const among = { constraints: before?.constraints ?? [], ...(before?.segments ? { segments: before.segments } : {}) };
  const comparing = { ...flexible(String(exposedPercent), group), ...among, variants };
  return { ...definition, type, enabled: true, strategies: [...targeted(definition), comparing] };
}

function flexible(rollout: string, groupId: string, sticksTo = stickiness): StrategyDefinition {
  const parameters = { rollout, stickiness: sticksTo, groupId };
  return { name: "flexibleRollout", constraints: [], parameters, variants: [] };
}

/** Unleash's default stickiness also knows what to do without a unit: everyone is everyone. */
function everyone(definition: FlagDefinition, percent = 100): StrategyDefinition {
  return flexible(`${percent}`, groupOf(definition), "default");
}

function groupOf(definition: FlagDefinition): string {
  const strategy = definition.strategies.find(isComparing);
  return String(strategy?.parameters?.groupId ?? definition.name);
}

function isComparing({ variants }: StrategyDefinition): boolean {
  return weightOf(variants, controlVariant) > 0 && weightOf(variants, treatmentVariant) > 0;
}

function weightOf(variants: readonly VariantDefinition[] | null | undefined, name: string): number {
  return variants?.find((variant) => variant.name === name)?.weight ?? 0;
}

/** The rules that turn it on for somebody in particular; what they do stays when the spread among all others changes. */
function targeted({ strategies }: FlagDefinition): readonly StrategyDefinition[] {
  return strategies.filter((strategy) => {
    const special = strategy.constraints?.length || strategy.segments?.length;
    return !isComparing(strategy) && (special || !["default", "flexibleRollout"].includes(strategy.name));
  });
}

/** The rule that `withTargets` makes. By its form: Unleash keeps no mark of ours. */
function isTargeting({ name, parameters, constraints, variants }: StrategyDefinition): boolean {
  const [constraint, ...more] = constraints ?? [];
  return (
    name === "flexibleRollout" &&
    Number(parameters?.rollout) === 100 &&
    !variants?.length &&
    more.length === 0 &&
    constraint?.contextName === stickiness &&
    constraint.operator === "IN" &&
    !constraint.inverted
  );
}
