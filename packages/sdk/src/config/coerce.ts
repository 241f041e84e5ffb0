import { z } from "zod";
import type { KnownVariable } from "./setting.ts";

/**
 * Reads text as the kind of value that a schema wants. What does not read so is returned as the text it is: the
 * schema then refuses it and names it.
 */
export function coerceText(schema: z.core.$ZodType, text: string, times: KnownVariable["times"] = 1): unknown {
  switch (z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }).type) {
    case "boolean":
      return booleans.get(text.trim().toLowerCase()) ?? text;
    case "integer":
    case "number": {
      const value = Number(text.trim());
      return text.trim() === "" || Number.isNaN(value) ? text : value * times;
    }
    case "object":
      return pairs(text) ?? text;
    default:
      return text;
  }
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["0", false],
  ["no", false],
  ["off", false],
]);

/** `a=1,b=2` with percent-encoded values, as OTEL_EXPORTER_OTLP_HEADERS is written. */
function pairs(text: string): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    if (at < 1) return undefined;
    try {
      found[part.slice(0, at).trim()] = decodeURIComponent(part.slice(at + 1).trim());
    } catch {
      return undefined;
    }
  }
  return found;
}
