import { existsSync, readFileSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import { toError } from "@flyball/core";
import type { ValueSchema } from "@flyball/engine";
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

/** Checks an input against what the pipeline says of it; a zod schema's issues become one sentence each. */
export function checkInput(schema: ValueSchema<unknown> | undefined, input: unknown): unknown {
  if (!schema) return input;
  try {
    return schema.parse(input);
  } catch (thrown) {
    const { issues } = thrown as {
      issues?: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
    };
    const reasons = issues?.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
    throw new UsageError(
      `the input does not fit: ${reasons?.join("; ") ?? toError(thrown).message}`,
      "--input",
      thrown,
    );
  }
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
