import { ConfigurationError } from "@flyball/core";
import { type FlagDefinition, readDefinition, readSegment, type SegmentDefinition } from "../definition.ts";
import { isServerExport, readServerExport } from "./server-export.ts";

/** Rules in the form of Unleash's client API: what a server gives to its clients, and what they start from. */
export interface RulesetDocument {
  readonly version: number;
  readonly features: readonly FlagDefinition[];
  readonly segments: readonly SegmentDefinition[];
}

/**
 * Reads rules in either of Unleash's forms: what its clients are given, and what its export gives.
 * @throws ConfigurationError that names the flag and the field
 */
export function readRuleset(value: unknown): RulesetDocument {
  if (typeof value !== "object" || value === null) throw noRuleset(value);
  if (isServerExport(value)) return readServerExport(value);
  const { version, features, segments } = value as Record<string, unknown>;
  if (!Array.isArray(features)) throw noRuleset(value);
  return {
    version: typeof version === "number" ? version : 2,
    features: features.map((feature, index) => readDefinition(feature, `features.${index}`)),
    segments: Array.isArray(segments)
      ? segments.map((segment, index) => readSegment(segment, `segments.${index}`))
      : [],
  };
}

function noRuleset(value: unknown): ConfigurationError {
  return new ConfigurationError("document", value, "rules in Unleash's form: an object with a list of features");
}
