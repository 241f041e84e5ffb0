import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@flyball/core";
import { describe, expect, test } from "vitest";
import { readPriceTable } from "../src/prices/price-table.ts";
import { createPrices } from "../src/prices/prices.ts";
import type { Usage } from "../src/usage.ts";

const at = Date.UTC(2026, 0, 15);
const usage: Usage = { inputTokens: 1_000_000, outputTokens: 100_000 };

function usd(cost: ReturnType<ReturnType<typeof createPrices>["price"]>): number {
  if (!cost.priced) throw new Error(cost.reason);
  return cost.usd;
}

describe("the catalogue", () => {
  const prices = createPrices();

  // Published prices per million tokens: gpt-4o 2.50 in, 1.25 cached, 10 out.
  test("prices a known model, cached tokens at their discount", () => {
    const use = { provider: "openai", model: "gpt-4o", usage, at };
    expect(usd(prices.price(use))).toBeCloseTo(2.5 + 1, 9);
    const cached = { ...usage, cacheReadTokens: 800_000 };
    expect(usd(prices.price({ ...use, usage: cached }))).toBeCloseTo(0.2 * 2.5 + 0.8 * 1.25 + 1, 9);
  });

  test("charges cache writes at their own price", () => {
    const small = { inputTokens: 1_000, outputTokens: 100, cacheReadTokens: 400, cacheWriteTokens: 100 };
    const cost = prices.price({ provider: "anthropic", model: "claude-sonnet-4-5", usage: small, at });
    expect(usd(cost)).toBeCloseTo((500 * 3 + 400 * 0.3 + 100 * 3.75 + 100 * 15) / 1e6, 12);
  });

  test("applies price steps for long prompts", () => {
    const price = (inputTokens: number) =>
      usd(
        prices.price({ provider: "gcp.gemini", model: "gemini-2.5-pro", usage: { inputTokens, outputTokens: 0 }, at }),
      );
    expect(price(100_000)).toBeCloseTo(0.125, 9);
    expect(price(300_000)).toBeCloseTo(0.75, 9);
  });

  test("halves a batch, and refuses to guess a tier that it does not know", () => {
    const use = { provider: "openai", model: "gpt-4o", at };
    expect(usd(prices.price({ ...use, usage: { ...usage, tier: "batch" } }))).toBeCloseTo(1.75, 9);
    expect(usd(prices.price({ ...use, usage: { ...usage, tier: "default" } }))).toBeCloseTo(3.5, 9);
    expect(prices.price({ ...use, usage: { ...usage, tier: "priority" } })).toEqual({
      priced: false,
      reason: "no price for tier priority",
    });
  });

  test("an unknown model or provider is unpriced, never zero", () => {
    for (const [provider, model] of [
      ["openai", "no-such-model"],
      ["no-such-provider", "gpt-4o"],
      ["llama.cpp", "tiny"],
    ] as const) {
      expect(prices.price({ provider, model, usage, at })).toMatchObject({ priced: false });
    }
  });

  test("usage that contradicts itself is unpriced", () => {
    const broken = { inputTokens: 10, outputTokens: 1, cacheReadTokens: 100 };
    expect(prices.price({ provider: "openai", model: "gpt-4o", usage: broken, at })).toMatchObject({ priced: false });
  });

  test("names itself and its version on every cost", () => {
    const manifest = join(createRequire(import.meta.url).resolve("@pydantic/genai-prices"), "../../package.json");
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    expect(prices.price({ provider: "openai", model: "gpt-4o", usage, at })).toMatchObject({
      priceTable: `@pydantic/genai-prices@${version}`,
    });
  });

  test("can be turned off", () => {
    const cost = createPrices({ catalogue: false }).price({ provider: "openai", model: "gpt-4o", usage });
    expect(cost).toMatchObject({ priced: false });
  });
});

describe("overrides", () => {
  const prices = createPrices({
    overrides: {
      version: "team-7",
      models: {
        "openai/gpt-4o": { input: 1, output: 2, cacheRead: 0.1 },
        "gpt-*": { input: 5 },
        "gpt-5*": { input: 6 },
        "llama.cpp/tiny": { hour: 3.6 },
        "llama.cpp/free": { hour: 0 },
      },
      tiers: { "openai/priority": 2 },
    },
  });

  test("come before the catalogue and name their version", () => {
    expect(prices.price({ provider: "openai", model: "gpt-4o", usage })).toEqual({
      priced: true,
      usd: 1.2,
      priceTable: "team-7",
    });
    const cached = { ...usage, cacheReadTokens: 500_000 };
    expect(usd(prices.price({ provider: "openai", model: "gpt-4o", usage: cached }))).toBeCloseTo(0.5 + 0.05 + 0.2, 12);
  });

  test("the longest fitting key wins, whoever the provider is", () => {
    expect(usd(prices.price({ provider: "azure", model: "gpt-4.1", usage }))).toBe(5);
    expect(usd(prices.price({ model: "gpt-5-mini", usage }))).toBe(6);
  });

  test("a tier's factor is theirs to say", () => {
    const priority = { ...usage, tier: "priority" };
    expect(usd(prices.price({ provider: "openai", model: "gpt-4o", usage: priority }))).toBeCloseTo(2.4, 12);
  });

  test("price a local model by its machine's hour, or explicitly at zero", () => {
    const use = { provider: "llama.cpp", usage, durationMs: 5_000 };
    expect(usd(prices.price({ ...use, model: "tiny" }))).toBeCloseTo(0.005, 12);
    expect(prices.price({ ...use, model: "free" })).toEqual({ priced: true, usd: 0, priceTable: "team-7" });
    expect(prices.price({ provider: "llama.cpp", model: "tiny", usage })).toMatchObject({ priced: false });
  });

  test("usage that contradicts itself is unpriced here, too", () => {
    const broken = { inputTokens: 10, outputTokens: 0, cacheReadTokens: 100 };
    expect(prices.price({ provider: "openai", model: "gpt-4o", usage: broken })).toMatchObject({ priced: false });
  });
});

describe("a table that is refused names the path", () => {
  const cases: readonly [string, unknown, string][] = [
    ["no version", { models: {} }, "prices.version"],
    ["a negative price", { version: "1", models: { m: { input: -1 } } }, "prices.models.m.input"],
    ["an unknown key", { version: "1", model: {} }, "prices"],
    ["a model without any price", { version: "1", models: { m: {} } }, "prices.models.m"],
  ];
  test.each(cases)("%s", (_name, overrides, path) => {
    expect(() => createPrices({ overrides: overrides as never })).toThrow(ConfigurationError);
    expect(() => createPrices({ overrides: overrides as never })).toThrow(path);
  });

  test("in a file, too", () => {
    const folder = mkdtempSync(join(tmpdir(), "prices-"));
    const file = join(folder, "prices.json");
    writeFileSync(file, JSON.stringify({ version: "f1", models: { m: { input: 4 } } }));
    expect(usd(createPrices({ overrides: readPriceTable(file) }).price({ model: "m", usage }))).toBe(4);
    writeFileSync(file, "{");
    expect(() => readPriceTable(file)).toThrow(ConfigurationError);
    expect(() => readPriceTable(join(folder, "none.json"))).toThrow(ConfigurationError);
  });
});
