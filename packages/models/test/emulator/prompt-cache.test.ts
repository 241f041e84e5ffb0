import { fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { promptCache } from "../../src/emulator/prompt-cache.ts";

const settings = { blockTokens: 10, minTokens: 20, ttlMs: 1000, maxBlocks: 100 };
// Four characters a token: 40 a block.
const prefix = "p".repeat(200);

describe("the emulated prompt cache", () => {
  it("counts whole blocks of the shared prefix", () => {
    const cache = promptCache(settings, fakeClock());
    expect(cache.read("m", `${prefix}first question`, 53)).toBe(0);
    expect(cache.read("m", `${prefix}other question`, 53)).toBe(50);
    expect(cache.read("m", `${prefix.slice(0, 130)}${"x".repeat(100)}`, 57)).toBe(30);
  });

  it("never matches behind the first difference", () => {
    const cache = promptCache(settings, fakeClock());
    cache.read("m", `a${prefix}`, 50);
    expect(cache.read("m", `b${prefix}`, 50)).toBe(0);
  });

  it("keeps models apart", () => {
    const cache = promptCache(settings, fakeClock());
    cache.read("m", prefix, 50);
    expect(cache.read("other", prefix, 50)).toBe(0);
    expect(cache.read("m", prefix, 50)).toBe(50);
  });

  it("does not serve prompts or prefixes under the minimum", () => {
    const cache = promptCache(settings, fakeClock());
    cache.read("m", prefix.slice(0, 76), 19);
    expect(cache.read("m", prefix.slice(0, 76), 19)).toBe(0);
    expect(cache.blocks).toBe(0);
    cache.read("m", prefix, 50);
    expect(cache.read("m", `${prefix.slice(0, 40)}${"y".repeat(160)}`, 50)).toBe(0);
  });

  it("forgets after its lifetime, which a hit renews", async () => {
    const clock = fakeClock();
    const cache = promptCache(settings, clock);
    cache.read("m", prefix, 50);
    await clock.advance(800);
    expect(cache.read("m", prefix, 50)).toBe(50);
    await clock.advance(800);
    expect(cache.read("m", prefix, 50)).toBe(50);
    await clock.advance(1001);
    expect(cache.read("m", prefix, 50)).toBe(0);
  });

  it("is bounded, the oldest going first", () => {
    const cache = promptCache({ ...settings, maxBlocks: 5 }, fakeClock());
    cache.read("m", prefix, 50);
    cache.read("m", "z".repeat(80), 20);
    expect(cache.blocks).toBe(5);
    expect(cache.read("m", "z".repeat(80), 20)).toBe(20);
    expect(cache.read("m", prefix, 50)).toBe(0);
  });
});
