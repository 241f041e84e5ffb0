import { readFileSync } from "node:fs";
import { ConfigurationError, toError } from "@flyball/core";
import { parse } from "yaml";
import type { AnyObjective } from "../objectives/objective.ts";
import { parseObjectives } from "../objectives/parse-objectives.ts";
import { rulesOf } from "../objectives/rules-of.ts";
import type { Rule } from "../rule.ts";
import { type CheckOptions, checkRules } from "./check-rules.ts";
import { oneOf } from "./nearest.ts";
import { parseRules } from "./parse-rules.ts";

/** What a rules file holds. */
export interface RulesFile {
  /** Its rules, and those of its objectives. */
  readonly rules: readonly Rule[];
  readonly objectives: readonly AnyObjective[];
}

const sections = ["rules", "objectives"];

/**
 * Reads YAML with a list of `rules`, of `objectives`, or both.
 * @throws ConfigurationError that names the file and the path in it.
 */
export function readRulesFile(path: string, options: CheckOptions = {}): RulesFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigurationError("rules file", path, `a file that can be read (${toError(cause).message})`, { cause });
  }
  return parseRulesFile(text, path, options);
}

/** The same from text. `path` is for messages. */
export function parseRulesFile(text: string, path: string, options: CheckOptions = {}): RulesFile {
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw new ConfigurationError(path, "text", `YAML (${toError(cause).message.split("\n")[0]})`, { cause });
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw new ConfigurationError(path, document, "a mapping with rules, objectives, or both");
  }
  const unknown = Object.keys(document).find((key) => !sections.includes(key));
  if (unknown !== undefined) throw new ConfigurationError(path, unknown, oneOf(sections, unknown));
  const { rules = [], objectives = [] } = document as Record<string, unknown>;
  const parsed = parseRules(rules, { ...options, path: `${path}: rules` });
  const promised = parseObjectives(objectives, { ...options, path: `${path}: objectives` });
  const all = [...parsed, ...rulesOf(promised)];
  checkRules(all, `${path}: rules`, options);
  return { rules: all, objectives: promised };
}
