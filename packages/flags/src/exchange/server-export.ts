import { ConfigurationError } from "@flyball/core";
import { readDefinition, type SegmentDefinition } from "../definition.ts";
import type { RulesetDocument } from "./document.ts";

/**
 * The form that an Unleash server exports and imports ("Import" of a project, or `/api/admin/features-batch/import`):
 * one environment, flags and their strategies apart. It names segments and leaves out what they say, so a server
 * must have segments of those names before it takes the flags.
 */
export interface ServerExport {
  readonly features: readonly Readonly<Record<string, unknown>>[];
  readonly featureStrategies: readonly Readonly<Record<string, unknown>>[];
  readonly featureEnvironments: readonly Readonly<Record<string, unknown>>[];
  readonly dependencies: readonly Readonly<Record<string, unknown>>[];
  readonly segments: readonly { readonly id: number; readonly name: string }[];
  readonly contextFields: readonly Readonly<Record<string, unknown>>[];
  readonly featureTags: readonly Readonly<Record<string, unknown>>[];
  readonly tagTypes: readonly Readonly<Record<string, unknown>>[];
}

type Loose = Readonly<Record<string, unknown>>;

/** Rules in the form that a server imports. */
export function writeServerExport(rules: RulesetDocument, environment: string): ServerExport {
  return {
    features: rules.features.map(({ name, type, description, stale }) => ({
      name,
      type: type ?? "release",
      description: description ?? "",
      stale: stale ?? false,
      impressionData: false,
    })),
    featureStrategies: rules.features.flatMap(({ name: featureName, strategies }) =>
      strategies.map((strategy, sortOrder) => ({
        featureName,
        sortOrder,
        name: strategy.name,
        parameters: strategy.parameters ?? {},
        constraints: strategy.constraints ?? [],
        segments: strategy.segments ?? [],
        variants: strategy.variants ?? [],
      })),
    ),
    featureEnvironments: rules.features.map(({ name, enabled, variants }) => ({
      name,
      featureName: name,
      environment,
      enabled,
      variants: variants ?? [],
    })),
    dependencies: rules.features
      .filter(({ dependencies }) => dependencies?.length)
      .map(({ name: feature, dependencies }) => ({ feature, dependencies })),
    segments: rules.segments.map(({ id, name }) => ({ id, name: name ?? `segment ${id}` })),
    contextFields: [],
    featureTags: [],
    tagTypes: [],
  };
}

export function isServerExport(value: object): boolean {
  return "featureStrategies" in value;
}

/** @throws ConfigurationError when a strategy uses a segment: the form does not say what is in it. */
export function readServerExport(value: object): RulesetDocument {
  const { features, featureStrategies, featureEnvironments, dependencies, segments } = value as Partial<ServerExport>;
  const named = listOf(segments as unknown, "segments");
  if (named.length > 0) {
    throw new ConfigurationError(
      "segments",
      named,
      "no segments: this form names them and does not say what they contain; import the answer of /api/client/features instead",
    );
  }
  const strategiesOf = groupBy(listOf(featureStrategies, "featureStrategies"), "featureName");
  const environmentOf = groupBy(listOf(featureEnvironments, "featureEnvironments"), "featureName");
  const dependenciesOf = groupBy(listOf(dependencies ?? [], "dependencies"), "feature");
  return {
    version: 2,
    features: listOf(features, "features").map((feature, index) => {
      const name = String(feature.name);
      const [environment] = environmentOf.get(name) ?? [];
      const strategies = [...(strategiesOf.get(name) ?? [])]
        .sort((a, b) => Number(a.sortOrder ?? 0) - Number(b.sortOrder ?? 0))
        .filter((strategy) => strategy.disabled !== true)
        .map(({ name: strategy, parameters, constraints, variants }) => ({
          name: strategy,
          parameters,
          constraints,
          variants,
        }));
      return readDefinition(
        {
          name,
          type: feature.type,
          description: feature.description,
          stale: feature.stale,
          enabled: environment?.enabled === true,
          strategies,
          variants: environment?.variants,
          dependencies: dependenciesOf.get(name)?.[0]?.dependencies,
        },
        `features.${index}`,
      );
    }),
    segments: [] satisfies SegmentDefinition[],
  };
}

function listOf(value: unknown, path: string): readonly Loose[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value as Loose[];
  throw new ConfigurationError(path, value, "a list");
}

function groupBy(items: readonly Loose[], key: string): Map<string, Loose[]> {
  return Map.groupBy(items, (item) => String(item[key]));
}
