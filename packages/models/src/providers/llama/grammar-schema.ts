import { ModelError } from "../../errors.ts";
import type { JsonSchema } from "../../types.ts";

type Definitions = Readonly<Record<string, unknown>>;

/** Keywords that change which shapes fit and that no grammar here expresses. */
const inexpressible = ["allOf", "not", "if", "then", "else", "patternProperties", "dependentSchemas", "contains"];
const formats = new Set(["date", "time", "date-time"]);
const plainTypes = new Set(["string", "number", "integer", "boolean", "null"]);

/**
 * Rewrites a JSON schema into the subset that node-llama-cpp makes grammars of. It takes what it does not know for
 * "null" or "anything" without a word, so whatever it cannot express is refused here. What only narrows a value
 * (minimum, pattern, other formats) is let through unheeded: a grammar holds the shape, not the range. Every
 * property counts as required.
 * @throws ModelError `request_unsupported`, naming the place.
 */
export function toGrammarSchema(schema: JsonSchema): JsonSchema {
  return rewrite(schema, "#", {});
}

function rewrite(schema: unknown, at: string, outer: Definitions): JsonSchema {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) throw refusal(at, "is not an object");
  const { type, $ref, $defs, anyOf, oneOf, properties, additionalProperties, items, prefixItems, ...rest } =
    schema as JsonSchema;
  const keyword = inexpressible.find((key) => key in rest);
  if (keyword) throw refusal(at, `uses ${keyword}`);
  const definitions: Definitions = { ...outer, ...($defs as Definitions | undefined) };
  const inner = (value: unknown, step: string): JsonSchema => rewrite(value, `${at}/${step}`, definitions);
  const defs = $defs ? { $defs: mapValues($defs as Definitions, (value, key) => inner(value, `$defs/${key}`)) } : {};

  if ($ref !== undefined) {
    if (typeof $ref !== "string" || !$ref.startsWith("#/$defs/") || !($ref.slice(8) in definitions)) {
      throw refusal(at, `refers to ${JSON.stringify($ref)}, which is not among its $defs`);
    }
    return { $ref, ...defs };
  }
  const choices = oneOf ?? anyOf;
  if (choices !== undefined) {
    if (!Array.isArray(choices) || choices.length === 0) throw refusal(at, "has no choices");
    return { oneOf: choices.map((choice, i) => inner(choice, `oneOf/${i}`)), ...defs };
  }
  if ("const" in rest) return { const: rest.const };
  if (rest.enum !== undefined) {
    if (!Array.isArray(rest.enum) || rest.enum.length === 0) throw refusal(at, "has an enum without values");
    return { enum: rest.enum };
  }
  if (Array.isArray(type)) {
    if (type.every((one) => plainTypes.has(one))) return { type };
    return { oneOf: type.map((one) => rewrite({ ...schema, type: one }, at, outer)) };
  }
  if (type === "object") {
    return {
      ...rest,
      type,
      ...(properties
        ? { properties: mapValues(properties as Definitions, (value, key) => inner(value, `properties/${key}`)) }
        : {}),
      additionalProperties:
        typeof additionalProperties === "object" && additionalProperties !== null
          ? inner(additionalProperties, "additionalProperties")
          : (additionalProperties ?? false),
      ...defs,
    };
  }
  if (type === "array") {
    return {
      ...rest,
      type,
      ...(items === undefined ? {} : { items: inner(items, "items") }),
      ...(Array.isArray(prefixItems)
        ? { prefixItems: prefixItems.map((item, i) => inner(item, `prefixItems/${i}`)) }
        : {}),
      ...defs,
    };
  }
  if (typeof type !== "string" || !plainTypes.has(type)) throw refusal(at, `has the type ${JSON.stringify(type)}`);
  const { format, ...plain } = rest;
  return { ...plain, type, ...(typeof format === "string" && formats.has(format) ? { format } : {}) };
}

function mapValues(object: Definitions, map: (value: unknown, key: string) => JsonSchema): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}

function refusal(at: string, what: string): ModelError {
  return new ModelError("request_unsupported", `no grammar can be made of the schema: at ${at} it ${what}`, {
    subject: at,
  });
}
