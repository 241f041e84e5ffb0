import { describe, expect, it } from "vitest";
import { preparePrompt } from "../../src/prompt/prepared.ts";
import { warmPrompts } from "../../src/prompt/warm.ts";
import type { GenerateRequest } from "../../src/types.ts";

const long = { system: "x".repeat(8000) };

describe("warming", () => {
  it("asks each prompt's stable part once for one token, skips the short ones, and loses only what fails", async () => {
    const asked: GenerateRequest[] = [];
    const client = {
      async generate(request: GenerateRequest) {
        asked.push(request);
        if (asked.length === 2) throw new Error("provider down");
        const usage = { inputTokens: 2004, outputTokens: 1, cacheReadTokens: 1920 };
        return { text: "Yes", finishReason: "length" as const, model: "m", usage };
      },
    };
    const prompts = [
      preparePrompt("first", long),
      preparePrompt("short", { system: "brief" }),
      preparePrompt("fails", { system: "y".repeat(8000) }),
      preparePrompt("last", { ...long, shared: "z" }),
    ];
    const warmed = await warmPrompts(client, prompts, { model: "m" });
    expect(warmed).toMatchObject([
      { name: "first", status: "warmed", cacheReadTokens: 1920, inputTokens: 2004 },
      { name: "short", status: "skipped", reason: expect.stringContaining("1024") },
      { name: "fails", status: "failed", error: expect.objectContaining({ message: "provider down" }) },
      { name: "last", status: "warmed" },
    ]);
    expect(asked.map(({ maxTokens }) => maxTokens)).toEqual([1, 1, 1]);
    expect(asked[0]?.messages.slice(0, -1)).toEqual(prompts[0]?.prefix);
  });
});
