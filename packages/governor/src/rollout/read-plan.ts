import { ConfigurationError, toError } from "@flyball/core";
import { parse } from "yaml";
import { z } from "zod";
import { type Metric, type MetricDefinition, metricOf, standardMetrics } from "../metrics/metric.ts";
import { type Known, unknownName } from "./known.ts";
import type { Guardrail, PlanStep, RolloutPlan } from "./plan.ts";
import { durationMs, fraction, percentOf } from "./units.ts";

export type { Known } from "./known.ts";

const hour = 3_600_000;

/** What the error rates of docs/statistics.md were simulated with; a plan that asks for less is `hurried`. */
const defaults = {
  steps: [1, 5, 25, 50],
  minimumMs: hour,
  minimumUnits: 100,
  alpha: 0.05,
  tightestAt: 5_000,
  burnIn: 500,
  giveUpAfterMs: 30 * 24 * hour,
  holdback: 0,
};

/** Margins that shipping needs, by measure: a twentieth slower or dearer, half a percent of the units, two points of a hundred. */
const defaultMargins: Readonly<Record<MetricDefinition["measure"], number>> = {
  duration: 0.05,
  duration_quantile: 0.1,
  errors: 0.005,
  slower_than: 0.01,
  cost: 0.05,
  quality: 0.02,
};

const guardedByDefault = ["errors", "latency", "latency_p95", "cost"];

const quantity = z.union([z.number(), z.string()]);

const metric = z.strictObject({
  measure: z.enum(["duration", "duration_quantile", "errors", "slower_than", "cost", "quality"]),
  kind: z
    .enum(["run", "node", "model", "embedding", "retrieval", "tool", "cache", "database", "http", "evaluation"])
    .optional(),
  name: z.string().min(1).optional(),
  quantile: z.number().gt(0).lt(1).optional(),
  milliseconds: z.number().positive().optional(),
  scorer: z.string().min(1).optional(),
});

const plan = z.strictObject({
  flag: z.string().min(1),
  description: z.string().default(""),
  code: z.array(z.string()).default([]),
  metrics: z.record(z.string(), metric).default({}),
  steps: z
    .array(
      z.strictObject({
        percent: quantity,
        minimum: z.strictObject({ time: quantity.optional(), units: z.number().int().min(1).optional() }).optional(),
      }),
    )
    .min(1)
    .optional(),
  guardrails: z
    .array(z.strictObject({ metric: z.string(), tolerance: quantity.optional(), margin: quantity.optional() }))
    .min(1)
    .optional(),
  ship: z
    .strictObject({
      better: z.array(z.string()).default([]),
      holdback: quantity.default(defaults.holdback),
      byHand: z.boolean().default(false),
    })
    .optional(),
  alpha: z.number().gt(0).max(0.2).default(defaults.alpha),
  tightestAt: z.number().int().min(100).default(defaults.tightestAt),
  burnIn: z.number().int().min(2).default(defaults.burnIn),
  giveUpAfter: quantity.optional(),
});

/**
 * Reads a plan: YAML text, or the same as an object. With `known`, names of nodes and scorers are checked too.
 * @throws ConfigurationError that names the path; among others for a metric that does not exist
 */
export function readPlan(source: unknown, known: Known = {}): RolloutPlan {
  const given = typeof source === "string" ? parsedYaml(source) : source;
  const result = plan.safeParse(given);
  if (!result.success) throw refused(given, result.error);
  const { flag, description, code, alpha, tightestAt, burnIn, giveUpAfter } = result.data;
  const path = `plan.${flag}`;
  const metrics = namedMetrics(result.data.metrics, path, known);
  const find = (name: string, at: string): Metric => {
    const found = metrics.get(name);
    if (!found) throw unknownName(`${path}.${at}`, name, "metric", [...metrics.keys()]);
    return found;
  };
  const steps = readSteps(result.data.steps ?? defaults.steps.map((percent) => ({ percent })), path);
  const guardrails = (result.data.guardrails ?? guardedByDefault.map((name) => ({ metric: name }))).map(
    (guardrail, index) => readGuardrail(guardrail, find, `guardrails.${index}`, path),
  );
  const ship = result.data.ship ?? { better: [], holdback: defaults.holdback, byHand: false };
  return {
    flag,
    description,
    code,
    steps,
    guardrails,
    ship: {
      better: ship.better.map((name, index) => find(name, `ship.better.${index}`)),
      holdbackPercent: percentOf(ship.holdback, `${path}.ship.holdback`, 0, 49),
      byHand: ship.byHand,
    },
    alpha,
    tightestAt,
    burnIn,
    giveUpAfterMs: giveUpAfter === undefined ? defaults.giveUpAfterMs : durationMs(giveUpAfter, `${path}.giveUpAfter`),
    hurried: burnIn < defaults.burnIn || alpha > defaults.alpha || steps.some(isHurried),
  };
}

function isHurried({ minimumMs, minimumUnits }: PlanStep): boolean {
  return minimumMs < defaults.minimumMs || minimumUnits < defaults.minimumUnits;
}

interface WrittenStep {
  readonly percent: string | number;
  readonly minimum?: { readonly time?: string | number | undefined; readonly units?: number | undefined } | undefined;
}

function readSteps(written: readonly WrittenStep[], path: string): PlanStep[] {
  const steps = written.map(({ percent, minimum }, index) => {
    const at = `${path}.steps.${index}`;
    const share = percentOf(percent, `${at}.percent`, 0.5, 50);
    if (!Number.isInteger(share * 2)) throw new ConfigurationError(`${at}.percent`, percent, "a multiple of 0.5");
    const { time, units = defaults.minimumUnits } = minimum ?? {};
    const minimumMs = time === undefined ? defaults.minimumMs : durationMs(time, `${at}.minimum.time`);
    return { percent: share, minimumMs, minimumUnits: units };
  });
  for (const [index, { percent }] of steps.entries()) {
    if (percent <= (steps[index - 1]?.percent ?? 0)) {
      throw new ConfigurationError(`${path}.steps.${index}.percent`, percent, "more than the step before");
    }
  }
  return steps;
}

interface WrittenGuardrail {
  readonly metric: string;
  readonly tolerance?: string | number | undefined;
  readonly margin?: string | number | undefined;
}

function readGuardrail(
  { metric: name, tolerance, margin }: WrittenGuardrail,
  find: (name: string, at: string) => Metric,
  at: string,
  path: string,
): Guardrail {
  const found = find(name, `${at}.metric`);
  return {
    metric: found,
    tolerance: tolerance === undefined ? 0 : fraction(tolerance, `${path}.${at}.tolerance`),
    margin: margin === undefined ? defaultMargins[found.definition.measure] : fraction(margin, `${path}.${at}.margin`),
  };
}

function namedMetrics(
  own: Readonly<Record<string, MetricDefinition>>,
  path: string,
  known: Known,
): ReadonlyMap<string, Metric> {
  for (const [name, definition] of Object.entries(own)) {
    const at = `${path}.metrics.${name}`;
    if (definition.measure === "slower_than" && definition.milliseconds === undefined) {
      throw new ConfigurationError(`${at}.milliseconds`, undefined, "how long is too long");
    }
    if (definition.name !== undefined && known.operations && !known.operations.includes(definition.name)) {
      throw unknownName(`${at}.name`, definition.name, "operation", known.operations);
    }
    if (definition.scorer !== undefined && known.scorers && !known.scorers.includes(definition.scorer)) {
      throw unknownName(`${at}.scorer`, definition.scorer, "scorer", known.scorers);
    }
  }
  const all = { ...standardMetrics, ...own };
  return new Map(Object.entries(all).map(([name, definition]) => [name, metricOf(name, definition)]));
}

function parsedYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new ConfigurationError("plan", text, `YAML (${toError(cause).message})`, { cause });
  }
}

function refused(given: unknown, { issues }: z.ZodError): ConfigurationError {
  const [issue] = issues;
  const keys = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  const path = [...(issue?.path ?? []), ...keys];
  const received = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], given);
  return new ConfigurationError(["plan", ...path].join("."), received, issue?.message ?? "a rollout plan");
}
