import type { Context, Unleash } from "unleash-client";
import { armOf } from "./arms.ts";
import type { FlagDefinition } from "./definition.ts";
import type { Attribute, FlagContext, FlagEvaluation, FlagReason } from "./types.ts";

/** The names that Unleash's context has of its own; all others are properties. */
const known: ReadonlySet<string> = new Set(["currentTime", "environment", "appName", "remoteAddress"]);

/** Why a flag is on or off is a fact of its rules, found once a ruleset. */
export interface Reasons {
  readonly on: FlagReason;
  readonly off: FlagReason;
}

/** A context in Unleash's form. */
export function engineContext({ unit, session, attributes }: FlagContext): Context {
  const context: Context = {};
  if (unit !== undefined) context.userId = unit;
  if (session !== undefined) context.sessionId = session;
  if (attributes === undefined) return context;
  const properties: Record<string, string | number> = {};
  for (const name in attributes) {
    const value = attributes[name] as Attribute;
    if (known.has(name)) context[name] = value as string | Date;
    else properties[name] = typeof value === "number" ? value : text(value);
  }
  context.properties = properties;
  return context;
}

function text(value: Exclude<Attribute, number>): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

/** Asks Unleash's engine. It keeps the ruleset's own words: a flag with variants answers by the variant's name. */
export function evaluateOne(
  engine: Unleash,
  definition: FlagDefinition,
  context: Context,
  reasons: Reasons,
  version: string,
): FlagEvaluation {
  const flag = definition.name;
  const found = engine.getVariant(flag, context);
  const value = found.feature_enabled === true;
  const own = value && found.enabled ? found.name : undefined;
  const payload = value ? found.payload?.value : undefined;
  const evaluation = {
    flag,
    value: value && own !== "control",
    arm: armOf(value, own),
    variant: own ?? (value ? "on" : "off"),
    reason: value ? reasons.on : reasons.off,
    version,
  };
  return payload === undefined ? evaluation : { ...evaluation, payload };
}

/** Reads the reasons off the rules. */
export function reasonsOf(definition: FlagDefinition): Reasons {
  const { enabled, strategies, dependencies } = definition;
  if (!enabled) return { on: "static", off: "disabled" };
  const split = strategies.some(isSplit);
  const targeted = strategies.some(isTargeted) || Boolean(dependencies?.length);
  if (split) return { on: "split", off: "split" };
  return targeted ? { on: "targeting_match", off: "targeting_match" } : { on: "static", off: "static" };
}

function isSplit({ parameters, variants }: FlagDefinition["strategies"][number]): boolean {
  const share = Number(parameters?.rollout ?? parameters?.percentage ?? 100);
  return share < 100 || Boolean(variants?.length);
}

function isTargeted({ name, constraints, segments }: FlagDefinition["strategies"][number]): boolean {
  return Boolean(constraints?.length || segments?.length) || !["default", "flexibleRollout"].includes(name);
}
