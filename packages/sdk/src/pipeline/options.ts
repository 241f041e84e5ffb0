import { ConfigurationError, describe } from "@flyball/core";
import type { z } from "zod";
import { coerceText } from "../config/coerce.ts";
import { expectedOf } from "../config/expected.ts";
import { nearest } from "../config/nearest.ts";

/**
 * Reads `--set key=value` texts against a pipeline's options.
 * @throws ConfigurationError for an unknown key, with the nearest known one, or a value that does not fit.
 */
export function pipelineOptions(schema: z.ZodObject | undefined, texts: readonly string[]): Record<string, unknown> {
  const shape: Record<string, z.core.$ZodType> = schema?.shape ?? {};
  const given: Record<string, unknown> = {};
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at < 1) throw new ConfigurationError("--set", text, "key=value");
    const key = text.slice(0, at);
    const option = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (!option)
      throw new ConfigurationError(`--set ${key}`, text.slice(at + 1), knownOptions(key, Object.keys(shape)));
    given[key] = coerceText(option, text.slice(at + 1));
  }
  if (!schema) return {};
  const result = schema.safeParse(given, { reportInput: true });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const key = String(issue?.path[0] ?? "");
  const option = shape[key];
  const expected = option ? expectedOf(option) : describe(Object.keys(shape));
  throw new ConfigurationError(`--set ${key}`, issue?.input, expected);
}

function knownOptions(key: string, known: readonly string[]): string {
  if (known.length === 0) return "no option: this pipeline has none";
  const near = nearest(key, known);
  return near ? `no such option; the nearest is ${near}` : `no such option; known ones are ${known.join(", ")}`;
}
