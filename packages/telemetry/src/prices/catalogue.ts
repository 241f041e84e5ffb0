import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as GenAiPrices from "@pydantic/genai-prices";
import type { Usage } from "../usage.ts";

const packageName = "@pydantic/genai-prices";

/** Most (provider, model) pairs remembered. */
const maxRemembered = 1_000;

/** The offline price list of @pydantic/genai-prices. */
export interface Catalogue {
  /** The package and its version. */
  readonly version: string;
  /** US dollars, or undefined when the list has no such model. @throws when the usage contradicts itself. */
  price(provider: string | undefined, model: string, usage: Usage, at: Date): number | undefined;
}

let loaded: Catalogue | undefined;

/**
 * The catalogue, loaded at the first call: 0.8 MB of data that takes some 30 ms, which a process that prices nothing
 * should not pay.
 */
export function catalogue(): Catalogue {
  loaded ??= load();
  return loaded;
}

function load(): Catalogue {
  const require = createRequire(import.meta.url);
  const { calcPrice } = require(packageName) as typeof GenAiPrices;
  const found = new Map<string, GenAiPrices.Provider | null>();

  /** Finding a model costs some 40 µs, so a provider with that one model alone is kept. Null: not in the list. */
  function find(provider: string | undefined, model: string, at: Date): GenAiPrices.Provider | null {
    const key = JSON.stringify([provider, model]);
    const known = found.get(key);
    if (known !== undefined) return known;
    const options = provider === undefined ? { timestamp: at } : { providerId: provider, timestamp: at };
    const result = calcPrice({ input_tokens: 0, output_tokens: 0 }, model, options);
    const narrowed = result && { ...result.provider, models: [result.model] };
    if (found.size < maxRemembered) found.set(key, narrowed);
    return narrowed;
  }

  return {
    version: versionOf(require),
    price(provider, model, usage, at) {
      const known = find(provider, model, at);
      if (!known) return undefined;
      const units = {
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens,
        ...(usage.cacheReadTokens ? { cache_read_tokens: usage.cacheReadTokens } : {}),
        ...(usage.cacheWriteTokens ? { cache_write_tokens: usage.cacheWriteTokens } : {}),
      };
      return calcPrice(units, model, { provider: known, timestamp: at })?.total_price;
    },
  };
}

function versionOf(require: NodeJS.Require): string {
  try {
    const manifest = join(require.resolve(packageName), "..", "..", "package.json");
    return `${packageName}@${(JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version}`;
  } catch {
    return packageName; // Bundled: the manifest is not beside the code.
  }
}
