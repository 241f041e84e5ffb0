import { existsSync, readFileSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import { toError } from "@flyball/core";
import { UsageError } from "./errors.ts";

/** Reads `--input`: `-` is standard input, the name of a file is its content, everything else must be JSON. */
export async function readInput(argument: string): Promise<unknown> {
  if (argument === "-") return jsonOrText(await readAll(process.stdin));
  if (existsSync(argument)) {
    const text = readFileSync(argument, "utf8");
    return argument.endsWith(".json") ? json(text, argument) : jsonOrText(text);
  }
  return json(argument, "--input");
}

function json(text: string, subject: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const what = subject === "--input" ? "--input is no file and no JSON" : `${subject} is no JSON`;
    throw new UsageError(`${what}: ${toError(thrown).message}`, subject, thrown);
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
