import { ConfigurationError } from "@flyball/core";
import type { z } from "zod";
import { expectedOf } from "./expected.ts";
import { printable } from "./mask.ts";
import { nearest } from "./nearest.ts";
import { keysUnder, settings } from "./settings.ts";

/** Each thing that the schema refused, named by path, with what was received, masked where it may be a secret. */
export function problemsOf(error: z.ZodError, sourceOf: (path: string) => string | undefined): ConfigurationError[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => unknownKey(issue.path.join("."), key, issue.input))
      : [refused(issue, sourceOf)],
  );
}

function unknownKey(parent: string, key: string, siblings: unknown): ConfigurationError {
  const path = parent === "" ? key : `${parent}.${key}`;
  const near =
    nearest(key, keysUnder(parent)) ??
    [...settings().keys()].find((known) => known.endsWith(`.${key}`)) ??
    nearest(path, settings().keys());
  const expected = near
    ? `no such key; the nearest known one is ${parent === "" || near.includes(".") ? near : `${parent}.${near}`}`
    : `no such key; known ones are ${keysUnder(parent).join(", ")}`;
  return new ConfigurationError(
    path,
    printable(path, (siblings as Record<string, unknown> | undefined)?.[key]),
    expected,
  );
}

function refused(issue: z.core.$ZodIssue, sourceOf: (path: string) => string | undefined): ConfigurationError {
  const path = issue.path.join(".");
  const setting = settings().get(path) ?? settings().get(issue.path.slice(0, -1).join("."));
  const source = sourceOf(path);
  const expected = setting ? expectedOf(setting.schema) : `a mapping of ${keysUnder(path).join(", ") || "settings"}`;
  return new ConfigurationError(
    path === "" ? "configuration" : path,
    printable(path, issue.input),
    source ? `${expected} (set by ${source})` : expected,
  );
}
