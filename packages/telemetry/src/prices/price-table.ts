import { readFileSync } from "node:fs";
import { ConfigurationError } from "@flyball/core";
import { z } from "zod";

/** Prices of one model, US dollars. At least one is there; 0 says that something is free. */
export interface ModelPrice {
  /** Per million input tokens. */
  readonly input?: number | undefined;
  /** Per million output tokens. */
  readonly output?: number | undefined;
  /** Per million input tokens read from the provider's cache. Default: as `input`. */
  readonly cacheRead?: number | undefined;
  /** Per million input tokens written to the provider's cache. Default: as `input`. */
  readonly cacheWrite?: number | undefined;
  /** Per call. */
  readonly call?: number | undefined;
  /** Per hour of the operation's duration: what a machine of one's own costs while it computes. */
  readonly hour?: number | undefined;
}

/** Prices of one's own. They come before the catalogue's. */
export interface PriceTable {
  /** Stands on every cost that the table priced, so that a sum can be explained later. */
  readonly version: string;
  /** By `provider/model`, or `model` alone. A `*` at the end stands for any ending. The longest key that fits wins. */
  readonly models?: Readonly<Record<string, ModelPrice>> | undefined;
  /** Factor on a price by tier (`batch`) or provider's tier (`openai/flex`). */
  readonly tiers?: Readonly<Record<string, number>> | undefined;
}

export type CheckedPriceTable = { readonly [K in keyof Required<PriceTable>]: NonNullable<PriceTable[K]> };

const usd = z.number().nonnegative().optional();

const modelPrice = z
  .strictObject({ input: usd, output: usd, cacheRead: usd, cacheWrite: usd, call: usd, hour: usd })
  .refine((price) => Object.keys(price).length > 0, "at least one price; write 0 for what is free");

const priceTable: z.ZodType<CheckedPriceTable> = z.strictObject({
  version: z.string().min(1),
  models: z.record(z.string().min(1), modelPrice).default({}),
  tiers: z.record(z.string().min(1), z.number().nonnegative()).default({}),
});

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
