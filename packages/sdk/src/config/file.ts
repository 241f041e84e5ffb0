import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigurationError, toError } from "@flyball/core";

/** A configuration file that was read. */
export interface ConfigurationFile {
  readonly path: string;
  readonly content: Readonly<Record<string, unknown>>;
}

const names = ["flyball.yaml", "flyball.yml", "flyball.json"];

/**
 * Reads `file`, or the first of `flyball.yaml`, `flyball.yml` and `flyball.json` in `folder`; undefined when there is
 * none. A named file that is missing, and any file that does not parse to a mapping, is a ConfigurationError.
 */
export async function readConfigurationFile(
  folder: string,
  file: string | undefined,
): Promise<ConfigurationFile | undefined> {
  const path = file === undefined ? names.map((name) => resolve(folder, name)).find(existsSync) : resolve(folder, file);
  if (path === undefined) return undefined;
  let content: unknown;
  try {
    content = await parse(path, readFileSync(path, "utf8"));
  } catch (error) {
    const cause = toError(error);
    // Only the first line: parsers quote the file below it, and the file may hold a key.
    throw new ConfigurationError(path, cause.message.split("\n")[0], "a readable YAML or JSON file");
  }
  if (content === null || content === undefined) return { path, content: {} };
  if (typeof content !== "object" || Array.isArray(content)) {
    throw new ConfigurationError(path, Array.isArray(content) ? "a list" : typeof content, "a mapping of settings");
  }
  return { path, content: content as Record<string, unknown> };
}

async function parse(path: string, text: string): Promise<unknown> {
  if (path.endsWith(".json")) return JSON.parse(text);
  // Loaded only when there is such a file: most processes have none.
  const { parse: parseYaml } = await import("yaml");
  return parseYaml(text);
}
