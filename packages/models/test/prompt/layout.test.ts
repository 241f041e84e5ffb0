import fc from "fast-check";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { createEmulator } from "../../src/emulator/emulator.ts";
import { layoutPrompt, type PromptLayout } from "../../src/prompt/layout.ts";
import { preparePrompt } from "../../src/prompt/prepared.ts";

const text = fc.string({ minLength: 1, maxLength: 40 });
const stableParts = fc.record({
  system: text,
  shared: text,
  examples: fc.array(fc.record({ input: text, output: text }), { maxLength: 3 }),
});

describe("the two layouts", () => {
  it("both carry every part", () => {
    fc.assert(
      fc.property(
        stableParts,
        text,
        fc.constantFrom<PromptLayout>("plain", "cacheable"),
        (stable, variable, layout) => {
          const all = layoutPrompt({ ...stable, variable }, layout)
            .map(({ content }) => content)
            .join("\n");
          for (const part of [stable.system, stable.shared, variable]) expect(all).toContain(part);
          for (const { input, output } of stable.examples) {
            expect(all).toContain(input);
            expect(all).toContain(output);
          }
        },
      ),
    );
  });

  it("share everything but the last message when cacheable, whatever the request", () => {
    fc.assert(
      fc.property(stableParts, text, text, (stable, one, other) => {
        const first = layoutPrompt({ ...stable, variable: one }, "cacheable");
        const second = layoutPrompt({ ...stable, variable: other }, "cacheable");
        expect(first.slice(0, -1)).toEqual(second.slice(0, -1));
        expect(first.at(-1)).toEqual({ role: "user", content: one });
      }),
    );
  });

  it("leave out what is not given", () => {
    expect(layoutPrompt({ system: "s", variable: "v" }, "cacheable")).toEqual([
      { role: "system", content: "s" },
      { role: "user", content: "v" },
    ]);
    expect(layoutPrompt({ system: "s", variable: "v" }, "plain")).toEqual([
      { role: "system", content: "s" },
      { role: "user", content: "v" },
    ]);
  });
});

describe("a prepared prompt", () => {
  const stable = { system: "You answer.", shared: "Rule one." };

  it("has a hash that changes with its stable part and with nothing else", () => {
    const prompt = preparePrompt("a", stable);
    expect(preparePrompt("b", { ...stable }, { version: "7" }).hash).toBe(prompt.hash);
    expect(preparePrompt("a", { ...stable, shared: "Rule two." }).hash).not.toBe(prompt.hash);
    expect(prompt.hash).toMatch(/^[0-9a-f]{16}$/);
    expect(prompt.version).toBe(prompt.hash);
    expect(preparePrompt("b", stable, { version: "7" }).version).toBe("7");
  });
});

describe("against a provider's prompt cache", () => {
  const rules = Array.from({ length: 120 }, (_, index) => `Rule ${index}: weigh point ${index * 7} with care.`).join(
    "\n",
  );
  const prompt = preparePrompt("evaluate", { system: "You evaluate answers.", shared: rules });

  async function cachedShare(layout: PromptLayout): Promise<number> {
    const emulator = createEmulator({ profile: { name: "instant", latency: { baseMs: 0 } } });
    const { baseUrl } = await emulator.listen();
    const openai = new OpenAI({ apiKey: "none", baseURL: baseUrl });
    for (let index = 0; index < 10; index++) {
      const messages = prompt.messages(`Answer number ${index} to be evaluated`, layout);
      await openai.chat.completions.create({ model: "m", messages, max_tokens: 2 });
    }
    const { cachedTokens, inputTokens } = emulator.stats();
    await emulator.close();
    return cachedTokens / inputTokens;
  }

  it("the cacheable layout has its prefix read from the cache, the plain one nothing", async () => {
    expect(await cachedShare("cacheable")).toBeGreaterThan(0.8);
    expect(await cachedShare("plain")).toBe(0);
  });
});
