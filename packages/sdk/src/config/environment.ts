import { ConfigurationError } from "@flyball/core";
import { coerceText } from "./coerce.ts";
import { nearest } from "./nearest.ts";
import { settings } from "./settings.ts";

/** Variables by name, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value and where it came from. */
export interface Found {
  readonly value: unknown;
  /** For example `environment FLYBALL_HTTP_PORT`. */
  readonly source: string;
}

/** What the environment sets, by setting. An empty variable counts as not set, as compose files leave them. */
export function fromEnvironment(environment: Environment): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const setting of settings().values()) {
    for (const { name, times } of setting.variables) {
      const text = textOf(environment, name);
      if (text === undefined) continue;
      found.set(setting.path, { value: coerceText(setting.schema, text, times), source: `environment ${name}` });
      break;
    }
  }
  refuseUnknown(environment);
  return found;
}

/** The toggles are written in lower case by some and in upper case by others; both mean the same. */
function textOf(environment: Environment, name: string): string | undefined {
  return environment[name] || environment[name.toUpperCase()] || undefined;
}

// Kubernetes puts these into every pod beside a service called flyball or flyball-something.
const serviceLink = /_SERVICE_(HOST|PORT(_.+)?)$|_PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?$/;

function refuseUnknown(environment: Environment): void {
  const known = new Set(
    [...settings().values()].flatMap((setting) => setting.variables.map((variable) => variable.name)),
  );
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith("FLYBALL_") || !value || known.has(name) || serviceLink.test(name)) continue;
    const near = nearest(name, known);
    throw new ConfigurationError(
      name,
      "an unknown variable",
      near ? `a variable of docs/configuration.md; the nearest is ${near}` : "a variable of docs/configuration.md",
    );
  }
}
