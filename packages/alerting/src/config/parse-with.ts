import { ConfigurationError } from "@flyball/core";
import type { z } from "zod";
import { oneOf } from "./nearest.ts";

/** Validates, and turns the first problem into an error that names its path, what was received and what was expected. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = deepest(result.error.issues);
  const at = [path, ...issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))].join(
    "",
  );
  const received = issue.path.reduce<unknown>((found, part) => (found as Record<PropertyKey, unknown>)?.[part], value);
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    throw new ConfigurationError(`${at}.${key}`, "an unknown key", "a known key");
  }
  if (issue.code === "invalid_value") {
    throw new ConfigurationError(at, received, oneOf(issue.values.map(String), received));
  }
  if (issue.code === "invalid_union" && issue.discriminator !== undefined) {
    const known = Array.from(issue.message.matchAll(/'([^']+)'/g), ([, word = ""]) => word);
    throw new ConfigurationError(at, received, oneOf(known, received));
  }
  throw new ConfigurationError(at, received, issue.message.replace(/^Invalid input: expected /, ""));
}

/** Unions wrap the problems of their branches; the branch that got furthest is the one that was meant. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue {
  const [first] = issues as readonly [z.core.$ZodIssue, ...z.core.$ZodIssue[]];
  if (first.code !== "invalid_union" || first.errors.length === 0) return first;
  const branches = first.errors.filter((branch) => branch.length > 0).map((branch) => deepest(branch));
  const furthest = branches.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (!furthest) return first;
  return { ...furthest, path: [...first.path, ...furthest.path] } as z.core.$ZodIssue;
}
