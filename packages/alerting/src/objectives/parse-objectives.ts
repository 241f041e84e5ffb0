import { ConfigurationError } from "@flyball/core";
import { z } from "zod";
import { type CheckOptions, checkRules } from "../config/check-rules.ts";
import { parseWith } from "../config/parse-with.ts";
import type { AnyObjective } from "./objective.ts";
import { rulesOf } from "./rules-of.ts";

const kinds = ["run", "node", "model", "embedding", "retrieval", "tool", "cache", "database", "http"] as const;
const indicator = {
  kind: z.enum(kinds),
  name: z.string().optional(),
  except: z.array(z.string()).min(1).optional(),
  labels: z.record(z.string(), z.union([z.string(), z.array(z.string()).min(1)])).optional(),
};
const base = {
  name: z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "lower-case words with hyphens"),
  description: z.string().optional(),
  days: z.int().min(1).max(30).optional(),
};
const objective = z.union([
  z.strictObject({
    ...base,
    indicator: z.strictObject({ ...indicator, fasterThan: z.number().positive().optional() }),
    target: z.number().gt(0).lt(1, "a share below 1: a promise of 1 leaves no error budget"),
    minCount: z.int().positive().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    runbook: z.string().optional(),
  }),
  z.strictObject({ ...base, indicator: z.strictObject(indicator), meanBelow: z.number().positive() }),
]);

/** Checks objectives as they come from a file. @throws ConfigurationError */
export function parseObjectives(
  value: unknown,
  options: CheckOptions & { readonly path?: string } = {},
): AnyObjective[] {
  const { path = "objectives" } = options;
  const objectives = parseWith(z.array(objective), value, path) as AnyObjective[];
  const names = objectives.map(({ name }) => name);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) throw new ConfigurationError(`${path}[${twice}].name`, names[twice], "a name that no other has");
  checkRules(rulesOf(objectives), path, options);
  return objectives;
}
