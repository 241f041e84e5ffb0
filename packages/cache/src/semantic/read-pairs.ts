import { ConfigurationError } from "@flyball/core";
import type { LabelledPair } from "./calibrate.ts";

/**
 * Reads labelled pairs, one JSON object a line: `{"asked": "…", "cached": "…", "same": true}`. Blank lines are skipped.
 * @throws ConfigurationError naming the line
 */
export function readPairs(text: string): LabelledPair[] {
  const pairs: LabelledPair[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() !== "") pairs.push(pairOf(line, `line ${index + 1}`));
  }
  return pairs;
}

function pairOf(line: string, where: string): LabelledPair {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    throw new ConfigurationError(where, line, "a JSON object", { cause });
  }
  const { asked, cached, same } = (parsed ?? {}) as Partial<Record<keyof LabelledPair, unknown>>;
  if (typeof asked === "string" && typeof cached === "string" && typeof same === "boolean") {
    return { asked, cached, same };
  }
  throw new ConfigurationError(where, parsed, '"asked" and "cached" as texts and "same" as true or false');
}
