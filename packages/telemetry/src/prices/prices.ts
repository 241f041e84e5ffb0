import { errorType } from "@flyball/core";
import type { Cost, Usage } from "../usage.ts";
import { catalogue } from "./catalogue.ts";
import { type CheckedPriceTable, checkPriceTable, findPrice, type ModelPrice, type PriceTable } from "./price-table.ts";

/** What was used, of what, when. */
export interface PricedUse {
  readonly provider?: string | undefined;
  readonly model: string;
  readonly usage: Usage;
  /** Milliseconds; needed by prices per hour. */
  readonly durationMs?: number;
  /** Milliseconds since the epoch; prices change over time. Default: the newest known. */
  readonly at?: number;
}

export interface Prices {
  /** What a use cost, or why that is not known. Never throws, never guesses, never says zero for an unknown price. */
  price(use: PricedUse): Cost;
  /** Loads the catalogue now (some 30 ms) instead of at the first price that needs it. */
  load(): void;
}

export interface PricesOptions {
  /** Prices of one's own, before the catalogue's. */
  readonly overrides?: PriceTable;
  /** Use the offline catalogue of @pydantic/genai-prices. Default true. */
  readonly catalogue?: boolean;
}

/**
 * What providers publish for tiers that differ from the plain price. Batch is half the price at OpenAI, Anthropic and
 * Google, flex is billed as batch by OpenAI. Others differ by model: a table of one's own has to say.
 */
const knownTiers: Readonly<Record<string, number>> = {
  default: 1,
  auto: 1,
  standard: 1,
  standard_only: 1,
  on_demand: 1,
  batch: 0.5,
  flex: 0.5,
};

/** Providers that run on one's own machine: no list has a price for them. */
const localProviders: ReadonlySet<string> = new Set(["llama.cpp", "ollama", "scripted", "local"]);

/** @throws ConfigurationError when the overrides are not a price table. */
export function createPrices(options: PricesOptions = {}): Prices {
  const table = options.overrides === undefined ? undefined : checkPriceTable(options.overrides);
  const listed = options.catalogue ?? true;

  function priceOf(use: PricedUse): Cost {
    const factor = tierFactor(table, use);
    if (factor === undefined) return { priced: false, reason: `no price for tier ${use.usage.tier}` };
    const own = table && findPrice(table, use.provider, use.model);
    if (table && own) return fromTable(table, own, use, factor);
    if (!listed || (use.provider !== undefined && localProviders.has(use.provider))) {
      return { priced: false, reason: "no price for this model in the overrides" };
    }
    const list = catalogue();
    const usd = list.price(use.provider, use.model, use.usage, new Date(use.at ?? Date.now()));
    if (usd === undefined) return { priced: false, reason: "model not in the price list" };
    return checked(usd * factor, list.version);
  }

  return {
    price(use) {
      try {
        return priceOf(use);
      } catch (error) {
        return { priced: false, reason: `pricing failed: ${errorType(error)}` };
      }
    },
    load: () => void (listed && catalogue()),
  };
}

function tierFactor(table: CheckedPriceTable | undefined, { provider, usage }: PricedUse): number | undefined {
  const { tier } = usage;
  if (tier === undefined) return 1;
  return table?.tiers[`${provider}/${tier}`] ?? table?.tiers[tier] ?? knownTiers[tier];
}

function fromTable(table: CheckedPriceTable, price: ModelPrice, use: PricedUse, factor: number): Cost {
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = use.usage;
  const input = price.input ?? 0;
  const perMillion =
    (inputTokens - cacheReadTokens - cacheWriteTokens) * input +
    cacheReadTokens * (price.cacheRead ?? input) +
    cacheWriteTokens * (price.cacheWrite ?? input) +
    outputTokens * (price.output ?? 0);
  if (price.hour !== undefined && use.durationMs === undefined) {
    return { priced: false, reason: "a price per hour needs a duration" };
  }
  const time = ((use.durationMs ?? 0) / 3_600_000) * (price.hour ?? 0);
  return checked((perMillion / 1e6 + (price.call ?? 0)) * factor + time, table.version);
}

/** Usage that contradicts itself (more cached than sent) must not become money. */
function checked(usd: number, priceTable: string): Cost {
  if (!(usd >= 0 && usd < Number.POSITIVE_INFINITY)) return { priced: false, reason: "usage contradicts itself" };
  return { priced: true, usd, priceTable };
}
