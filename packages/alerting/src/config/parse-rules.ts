import { z } from "zod";
import { metrics, statistics } from "../measure.ts";
import type { Rule } from "../rule.ts";
import { severities } from "../severity.ts";
import { type CheckOptions, checkRules } from "./check-rules.ts";
import { parseWith } from "./parse-with.ts";

const kinds = [
  "run",
  "node",
  "model",
  "embedding",
  "retrieval",
  "tool",
  "cache",
  "database",
  "http",
  "evaluation",
] as const;
const minutes = z.int("whole minutes").positive("a positive number of minutes");
const words = z.union([z.string(), z.array(z.string()).min(1)]);
const selector = {
  kind: z.enum(kinds).optional(),
  name: z.string().optional(),
  except: z.array(z.string()).min(1).optional(),
  labels: z.record(z.string(), words).optional(),
};
const base = {
  name: z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "lower-case words with hyphens"),
  alert: z
    .string()
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "lower-case words with hyphens")
    .optional(),
  summary: z.string().min(1, "a sentence that says what is wrong"),
  reason: z.string().optional(),
  severity: z.enum(severities as ["info", "warning", "critical"]).optional(),
  labels: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "a label name"), z.string()).optional(),
  runbook: z.string().optional(),
  every: minutes.max(1_440).optional(),
  for: z.int("whole minutes").nonnegative().optional(),
  cooldown: z.int("whole minutes").nonnegative().optional(),
  keepFiring: z.int("whole minutes").nonnegative().optional(),
};
const measure = z.strictObject({
  ...selector,
  metric: z.enum(metrics as [(typeof metrics)[number], ...(typeof metrics)[number][]]),
  statistic: z.enum(statistics as [(typeof statistics)[number], ...(typeof statistics)[number][]]).optional(),
  part: z.strictObject(selector).optional(),
  per: z.enum(["hour", "day"]).optional(),
});
const unknown = ["ok", "keep"] as const;

// Zod's numbers are finite: a threshold of NaN, against which nothing ever holds, is refused by the type.
const rule = z.discriminatedUnion("type", [
  z.strictObject({
    ...base,
    type: z.literal("threshold"),
    measure,
    above: z.number().optional(),
    below: z.number().optional(),
    clear: z.number().optional(),
    window: minutes.max(1_440).optional(),
    by: z.array(z.string()).max(4).optional(),
    minCount: z.int().positive().optional(),
    noData: z.enum([...unknown, "alert"]).optional(),
    lowTraffic: z.enum(unknown).optional(),
  }),
  z.strictObject({
    ...base,
    type: z.literal("burn-rate"),
    indicator: z.strictObject({ ...selector, fasterThan: z.number().positive().optional() }),
    target: z.number().gt(0).lt(1, "a share below 1: an objective of 1 has no error budget"),
    windows: z
      .array(z.strictObject({ long: minutes.max(10_080), short: minutes, factor: z.number().positive() }))
      .min(1),
    minCount: z.int().positive().optional(),
  }),
  z.strictObject({
    ...base,
    type: z.literal("absence"),
    of: z.strictObject(selector),
    window: minutes.max(1_440).optional(),
  }),
  z.strictObject({
    ...base,
    type: z.literal("anomaly"),
    measure,
    direction: z.enum(["above", "below", "both"]).optional(),
    deviations: z.number().positive().optional(),
    days: z.int().min(2).max(30).optional(),
    refractory: z.int().nonnegative().optional(),
    minCount: z.int().positive().optional(),
  }),
  z.strictObject({
    ...base,
    type: z.literal("forecast"),
    measure,
    budget: z.number().positive(),
    period: z.enum(["day", "month"]).optional(),
    window: minutes.max(1_440).optional(),
  }),
]);

/**
 * Checks rules as they come from a file: shape, names of metrics and labels, thresholds that contradict each other.
 * @throws ConfigurationError with the path of the first problem, and the nearest name where one was mistyped.
 */
export function parseRules(value: unknown, options: CheckOptions & { readonly path?: string } = {}): Rule[] {
  const { path = "rules" } = options;
  const rules = parseWith(z.array(rule), value, path) as Rule[];
  checkRules(rules, path, options);
  return rules;
}
