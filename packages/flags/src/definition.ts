import { ConfigurationError } from "@flyball/core";
import { z } from "zod";

/** A flag, in the form in which Unleash's client API gives it. Fields that are not named here are kept as they are. */
export interface FlagDefinition {
  readonly name: string;
  /** Unleash's kind of flag; ours are `experiment` while they roll out, `release` afterwards. */
  readonly type?: string | undefined;
  readonly description?: string | null | undefined;
  readonly enabled: boolean;
  /** A flag that is ready to be removed. */
  readonly stale?: boolean | undefined;
  /** The flag is on where the first of these that fits says so; on for everyone when there is none. */
  readonly strategies: readonly StrategyDefinition[];
  readonly variants?: readonly VariantDefinition[] | null | undefined;
  /** Prerequisites: all must hold. */
  readonly dependencies?: readonly DependencyDefinition[] | null | undefined;
  readonly [other: string]: unknown;
}

export interface StrategyDefinition {
  /** `default`, `flexibleRollout`, `remoteAddress` … */
  readonly name: string;
  readonly parameters?: Readonly<Record<string, unknown>> | null | undefined;
  /** All must hold. */
  readonly constraints?: readonly ConstraintDefinition[] | null | undefined;
  /** Segments by id; all must hold. */
  readonly segments?: readonly number[] | null | undefined;
  readonly variants?: readonly VariantDefinition[] | null | undefined;
  readonly [other: string]: unknown;
}

export interface ConstraintDefinition {
  readonly contextName: string;
  readonly operator: string;
  readonly values?: readonly string[] | null | undefined;
  readonly value?: string | number | null | undefined;
  readonly inverted?: boolean | undefined;
  readonly caseInsensitive?: boolean | undefined;
  readonly [other: string]: unknown;
}

export interface VariantDefinition {
  readonly name: string;
  readonly weight: number;
  readonly stickiness?: string | undefined;
  readonly payload?: { readonly type: string; readonly value: string } | null | undefined;
  readonly [other: string]: unknown;
}

export interface DependencyDefinition {
  readonly feature: string;
  readonly enabled?: boolean | undefined;
  readonly variants?: readonly string[] | undefined;
  readonly [other: string]: unknown;
}

/** Constraints with a name, shared by flags. */
export interface SegmentDefinition {
  readonly id: number;
  readonly name?: string | undefined;
  readonly constraints: readonly ConstraintDefinition[];
  readonly [other: string]: unknown;
}

const constraint = z.looseObject({
  contextName: z.string(),
  operator: z.string(),
  values: z.array(z.string()).nullish(),
  value: z.union([z.string(), z.number()]).nullish(),
  inverted: z.boolean().optional(),
  caseInsensitive: z.boolean().optional(),
});

const variant = z.looseObject({
  name: z.string().min(1),
  weight: z.number().min(0),
  stickiness: z.string().optional(),
  payload: z.looseObject({ type: z.string(), value: z.string() }).nullish(),
});

const strategy = z.looseObject({
  name: z.string(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  constraints: z.array(constraint).nullish(),
  segments: z.array(z.number()).nullish(),
  variants: z.array(variant).nullish(),
});

const feature = z.looseObject({
  name: z.string().min(1).max(200),
  type: z.string().optional(),
  description: z.string().nullish(),
  enabled: z.boolean(),
  stale: z.boolean().optional(),
  strategies: z.array(strategy).default([]),
  variants: z.array(variant).nullish(),
  dependencies: z
    .array(
      z.looseObject({
        feature: z.string(),
        enabled: z.boolean().optional(),
        variants: z.array(z.string()).optional(),
      }),
    )
    .nullish(),
});

const segment = z.looseObject({ id: z.number(), name: z.string().optional(), constraints: z.array(constraint) });

/** Checks a flag that came from outside. @throws ConfigurationError */
export function readDefinition(value: unknown, path: string): FlagDefinition {
  return checked(feature, value, path);
}

/** Checks a segment that came from outside. @throws ConfigurationError */
export function readSegment(value: unknown, path: string): SegmentDefinition {
  return checked(segment, value, path);
}

function checked<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = [path, ...(issue?.path ?? [])].join(".");
  throw new ConfigurationError(where, valueAt(value, issue?.path ?? []), issue?.message ?? "a flag of Unleash's form");
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}
