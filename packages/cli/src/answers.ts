import { readFileSync } from "node:fs";
import { toError } from "@flyball/core";
import type { Approval } from "@flyball/engine";
import { UsageError } from "./errors.ts";

/**
 * Reads `--answer path=yes`, `path=no` and `path=@file`: the file is an Approval as JSON, or any other JSON or text,
 * which then approves with that edit.
 */
export function parseAnswers(texts: readonly string[]): Record<string, Approval> {
  return Object.fromEntries(texts.map(parseAnswer));
}

function parseAnswer(text: string): [string, Approval] {
  const at = text.lastIndexOf("=");
  const path = text.slice(0, at);
  const answer = text.slice(at + 1);
  if (at < 1) throw new UsageError(`--answer ${text}: expected path=yes, path=no or path=@file`, text);
  if (answer === "yes" || answer === "y") return [path, { approved: true, by: "command line" }];
  if (answer === "no" || answer === "n") return [path, { approved: false, by: "command line" }];
  if (answer.startsWith("@")) return [path, fromFile(answer.slice(1))];
  throw new UsageError(`--answer ${path}: expected yes, no or @file, received ${answer}`, path);
}

function fromFile(file: string): Approval {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    throw new UsageError(`${file} is not readable: ${toError(thrown).message}`, file, thrown);
  }
  const value = parsed(text);
  if (typeof value === "object" && value !== null && typeof (value as Approval).approved === "boolean") {
    return value as Approval;
  }
  return { approved: true, by: "command line", edit: value };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.replace(/\n$/, "");
  }
}
