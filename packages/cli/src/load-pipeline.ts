import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { toError } from "@flyball/core";
import { isPipeline, type Pipeline } from "@flyball/sdk";
import { UsageError } from "./errors.ts";

/**
 * Loads what `flyball start` and `flyball run` are given: a module that exports `pipeline`, or a folder whose
 * package.json names one (`flyball`, else `main`) or which holds `pipeline.ts`, `.js` or `.mjs`.
 */
export async function loadPipeline(argument: string): Promise<Pipeline> {
  const file = moduleOf(resolve(argument), argument);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (thrown) {
    const error = toError(thrown);
    throw new UsageError(`${argument} could not be loaded: ${error.message}`, argument, error);
  }
  if (isPipeline(module.pipeline)) return module.pipeline;
  const exported = Object.keys(module).join(", ") || "nothing";
  throw new UsageError(
    `${argument} exports ${exported}; expected \`export const pipeline = definePipeline({ … })\` of @flyball/sdk`,
    argument,
  );
}

const candidates = ["pipeline.ts", "pipeline.js", "pipeline.mjs"];

function moduleOf(path: string, argument: string): string {
  if (!existsSync(path)) throw new UsageError(`${argument} does not exist; expected a module or a folder`, argument);
  if (!statSync(path).isDirectory()) return path;
  const found = [named(path), ...candidates].find((name) => name !== undefined && existsSync(join(path, name)));
  if (found) return join(path, found);
  throw new UsageError(
    `${argument} holds no pipeline; expected ${candidates.join(", ")}, or "flyball" or "main" in its package.json`,
    argument,
  );
}

/** The module that a folder's package.json names. */
function named(folder: string): string | undefined {
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) return undefined;
  try {
    const { flyball, main } = JSON.parse(readFileSync(manifest, "utf8")) as { flyball?: unknown; main?: unknown };
    return [flyball, main].find((name) => typeof name === "string");
  } catch (thrown) {
    throw new UsageError(`${manifest} is not readable: ${toError(thrown).message}`, manifest);
  }
}
