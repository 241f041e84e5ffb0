import { readFileSync } from "node:fs";
import { ConfigurationError } from "@flyball/core";
import { z } from "zod";

const usdPerMillion = z.number().nonnegative();

const modelPrice = z
  .strictObject({
    /** US dollars per million input tokens. */
    input: usdPerMillion.optional(),
    output: usdPerMillion.optional(),
    /** Default: as `input`. */
    cacheRead: usdPerMillion.optional(),
    cacheWrite: usdPerMillion.optional(),
    /** US dollars per call. */
    call: z.number().nonnegative().optional(),
    /** US dollars per hour of the operation's duration: what a machine of one's own costs while it computes. */
    hour: z.number().nonnegative().optional(),
  })
  .refine((price) => Object.keys(price).length > 0, "at least one price; write 0 for what is free");

const priceTable = z.strictObject({
  /** Stands on every cost that the table priced, so that a sum can be explained later. */
  version: z.string().min(1),
  /** By `provider/model`, or `model` alone. A `*` at the end stands for any ending. The longest key that fits wins. */
  models: z.record(z.string().min(1), modelPrice).default({}),
  /** Factor on a price by tier (`batch`) or provider's tier (`openai/flex`). */
  tiers: z.record(z.string().min(1), z.number().nonnegative()).default({}),
});

/** Prices of one's own, in US dollars. They come before the catalogue's. */
export type PriceTable = z.input<typeof priceTable>;

export type CheckedPriceTable = z.output<typeof priceTable>;

export type ModelPrice = z.output<typeof modelPrice>;

/** @throws ConfigurationError naming the path inside the table. */
export function checkPriceTable(table: unknown, path = "prices"): CheckedPriceTable {
  const result = priceTable.safeParse(table);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = [path, ...(issue?.path ?? [])].join(".");
  throw new ConfigurationError(where, valueAt(table, issue?.path ?? []), issue?.message ?? "a price table");
}

/** Reads a table from a JSON file. @throws ConfigurationError naming the file, and the path inside it. */
export function readPriceTable(file: string): CheckedPriceTable {
  let table: unknown;
  try {
    table = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new ConfigurationError("prices.file", file, "a readable JSON file", { cause });
  }
  return checkPriceTable(table, file);
}

/** The price of a model, by the longest fitting key; a key with its provider before one without. */
export function findPrice(
  table: CheckedPriceTable,
  provider: string | undefined,
  model: string,
): ModelPrice | undefined {
  return (provider === undefined ? undefined : longestFit(table, `${provider}/${model}`)) ?? longestFit(table, model);
}

function longestFit({ models }: CheckedPriceTable, wanted: string): ModelPrice | undefined {
  if (Object.hasOwn(models, wanted)) return models[wanted];
  let best: string | undefined;
  for (const key in models) {
    const fits = key.endsWith("*") && wanted.startsWith(key.slice(0, -1));
    if (fits && (best === undefined || key.length > best.length)) best = key;
  }
  return best === undefined ? undefined : models[best];
}

function valueAt(table: unknown, path: readonly PropertyKey[]): unknown {
  let value = table;
  for (const key of path)
    value = typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  return value;
}
