import { dirname, resolve } from "node:path";
import { ConfigurationError } from "@flyball/core";
import { type Configuration, type ConfigurationInput, configurationSchema } from "./configuration.ts";
import { type Environment, type Found, fromEnvironment } from "./environment.ts";
import { readConfigurationFile } from "./file.ts";
import { problemsOf } from "./problems.ts";
import { settings } from "./settings.ts";

/** Where configuration comes from, the strongest first: `code`, `environment`, the file, the defaults. */
export interface ConfigurationSources {
  readonly code?: ConfigurationInput;
  /** Default: `process.env`. */
  readonly environment?: Environment;
  /** Default: `flyball.yaml`, `flyball.yml` or `flyball.json` in `folder`, if there is one. */
  readonly file?: string | undefined;
  /** Default: the working directory. */
  readonly folder?: string;
}

/** The effective configuration, and for each setting what set it. */
export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** `code`, `environment NAME`, `file PATH` or `default`, by setting. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Joins and checks the configuration.
 * @throws ConfigurationError for the first problem; with several, `cause` is an AggregateError of all of them.
 */
export async function loadConfiguration(from: ConfigurationSources = {}): Promise<LoadedConfiguration> {
  const environment = fromEnvironment(from.environment ?? process.env);
  const file = await readConfigurationFile(from.folder ?? process.cwd(), from.file);

  const sources = new Map<string, string>();
  let joined: Tree = {};
  if (file) joined = overlay(joined, file.content, () => `file ${file.path}`, sources);
  if (file) joined = fromFolder(joined, dirname(file.path));
  joined = overlay(joined, nested(environment), (path) => environment.get(path)?.source ?? "environment", sources);
  joined = overlay(joined, from.code ?? {}, () => "code", sources);

  const result = configurationSchema.safeParse(joined, { reportInput: true });
  if (result.success) {
    for (const path of settings().keys()) if (!sources.has(path)) sources.set(path, "default");
    return { configuration: result.data, sources };
  }
  const problems = problemsOf(result.error, (path) => sources.get(path));
  const first = problems[0] ?? new ConfigurationError("configuration", undefined, "valid settings");
  if (problems.length > 1) first.cause = new AggregateError(problems, `${problems.length} settings were refused`);
  throw first;
}

type Tree = Readonly<Record<string, unknown>>;

/** `over` laid on `base`, setting by setting; what stands where a group belongs is kept for the schema to refuse. */
function overlay(
  base: Tree,
  over: Tree,
  source: (path: string) => string,
  sources: Map<string, string>,
  at = "",
): Tree {
  // Object.fromEntries defines keys instead of assigning them, so a file's `__proto__` is a key like any other.
  const entries = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const path = at === "" ? key : `${at}.${key}`;
    const below = entries.get(key);
    if (isTree(value) && !settings().has(path) && (below === undefined || isTree(below))) {
      entries.set(key, overlay(below ?? {}, value, source, sources, path));
    } else {
      entries.set(key, value);
      sources.set(path, source(path));
    }
  }
  return Object.fromEntries(entries);
}

/** The tree with relative paths starting from `folder`: a configuration file means its own neighbours. */
function fromFolder(tree: Tree, folder: string, at = ""): Tree {
  const entries = Object.entries(tree).map(([key, value]) => {
    const path = at === "" ? key : `${at}.${key}`;
    if (isTree(value) && !settings().has(path)) return [key, fromFolder(value, folder, path)];
    const isPath = settings().get(path)?.isPath === true && typeof value === "string" && value !== ":memory:";
    return [key, isPath ? resolve(folder, value) : value];
  });
  return Object.fromEntries(entries) as Tree;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `http.port` → `{ http: { port } }`, for every value found. */
function nested(found: ReadonlyMap<string, Found>): Tree {
  const tree: Record<string, unknown> = {};
  for (const [path, { value }] of found) {
    const keys = path.split(".");
    const last = keys.pop() as string;
    let group = tree;
    for (const key of keys) {
      group[key] ??= {};
      group = group[key] as Record<string, unknown>;
    }
    group[last] = value;
  }
  return tree;
}
