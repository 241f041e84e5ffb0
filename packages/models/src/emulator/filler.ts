import { hashedEmbedding } from "../providers/hashed-embedding.ts";
import type { EmbedRequest, GenerateRequest, JsonSchema } from "../types.ts";
import { hash32, type Random, seededRandom } from "./random.ts";

const words =
  "the report states that a person was seen near the market at night and the witness gave an account of the event which the officer wrote down before the case was sent to the court for review".split(
    " ",
  );

/** Words of prose, as many as asked: one word is one token to the emulator. The same request gives the same text. */
export function fillerText(request: GenerateRequest, tokens: number, seed: number): string {
  const random = seededRandom(hash32(JSON.stringify(request.messages), seed));
  const chosen = Array.from({ length: tokens }, () => pick(words, random));
  const text = chosen.join(" ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** JSON that fits the schema's structure, so that structured calls work without a real model behind the emulator. */
export function fillerJson(request: GenerateRequest, schema: JsonSchema, seed: number): string {
  const random = seededRandom(hash32(JSON.stringify(request.messages), seed));
  return JSON.stringify(sample(schema, random, 0));
}

const deepest = 16;

function sample(schema: JsonSchema, random: Random, depth: number): unknown {
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return pick(schema.enum, random);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) return sample(pick(alternatives as JsonSchema[], random), random, depth + 1);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case "object":
      return sampleObject(schema, random, depth);
    case "array":
      return sampleArray(schema, random, depth);
    case "string":
      return `${pick(words, random)} ${pick(words, random)}`;
    case "integer":
    case "number": {
      const low = typeof schema.minimum === "number" ? schema.minimum : 0;
      const high = typeof schema.maximum === "number" ? schema.maximum : low + 10;
      const value = low + random.next() * (high - low);
      return type === "integer" ? Math.round(value) : value;
    }
    case "boolean":
      return random.next() < 0.5;
    default:
      return null;
  }
}

function sampleObject(schema: JsonSchema, random: Random, depth: number): Record<string, unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const required = Array.isArray(schema.required) ? schema.required : [];
  // A schema may refer to itself through optional properties; below a bound only the required ones are filled.
  const wanted = depth < deepest ? properties : properties.filter(([name]) => required.includes(name));
  return Object.fromEntries(wanted.map(([name, property]) => [name, sample(property, random, depth + 1)]));
}

function sampleArray(schema: JsonSchema, random: Random, depth: number): unknown[] {
  const fewest = typeof schema.minItems === "number" ? schema.minItems : 1;
  const items = (schema.items ?? {}) as JsonSchema;
  return Array.from({ length: fewest }, () => sample(items, random, depth + 1));
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[Math.floor(random.next() * from.length)] as T;
}

/** Texts that share words are near, without a model behind the emulator. */
export function fillerVectors(request: EmbedRequest): Float32Array[] {
  return request.inputs.map((input) => hashedEmbedding(input, 64));
}
