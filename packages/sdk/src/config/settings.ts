import { z } from "zod";
import { configurationSchema } from "./configuration.ts";
import { factsOf, type KnownVariable, type SettingFacts } from "./setting.ts";

/** One thing that can be set, as tables, errors and the environment see it. */
export interface Setting extends SettingFacts {
  /** For example `http.port`. */
  readonly path: string;
  readonly schema: z.core.$ZodType;
  /** Every variable that sets it, the strongest first. */
  readonly variables: readonly KnownVariable[];
}

let known: ReadonlyMap<string, Setting> | undefined;

/** Every setting by its path, in the order of the schema. */
export function settings(): ReadonlyMap<string, Setting> {
  known ??= new Map([...leaves(configurationSchema, "")].map((leaf) => [leaf.path, leaf]));
  return known;
}

/** Keys that may stand under a path: of `http`, `port` and `host`. */
export function keysUnder(path: string): string[] {
  const prefix = path === "" ? "" : `${path}.`;
  const keys = [...settings().keys()].filter((key) => key.startsWith(prefix));
  return [...new Set(keys.map((key) => key.slice(prefix.length).split(".")[0] as string))];
}

/** `http.port` is set by `FLYBALL_HTTP_PORT`, `store.retentionDays` by `FLYBALL_STORE_RETENTION_DAYS`. */
function variableOf(path: string): string {
  return `FLYBALL_${path
    .replaceAll(".", "_")
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase()}`;
}

function* leaves(schema: z.core.$ZodType, path: string): Generator<Setting> {
  const facts = factsOf(schema);
  if (facts) {
    yield { ...facts, path, schema, variables: [{ name: variableOf(path) }, ...(facts.variables ?? [])] };
    return;
  }
  const inner = schema instanceof z.ZodPrefault ? schema.unwrap() : schema;
  if (!(inner instanceof z.ZodObject)) throw new TypeError(`${path} is neither a setting nor a group of settings`);
  for (const [key, child] of Object.entries(inner.shape)) {
    yield* leaves(child as z.core.$ZodType, path === "" ? key : `${path}.${key}`);
  }
}
