import { ConfigurationError } from "@flyball/core";
import { describe, expect, test } from "vitest";
import { createEmbeddingCache, type Embed, EmbeddingError } from "../src/index.ts";
import { watchedEmbed } from "./semantic-embed.ts";

describe("embedding cache", () => {
  test("asks for what is missing in one call, once", async () => {
    const watched = watchedEmbed();
    const cache = createEmbeddingCache(watched);
    const first = await cache.embed(["red", "green", "red"]);
    const second = await cache.embed(["green", "blue", "red"]);
    expect(watched.texts).toEqual(["red", "green", "blue"]);
    expect(watched.calls).toBe(2);
    expect(second[0]).toBe(first[1]);
    expect(second[2]).toBe(first[0]);
    expect(cache.stats()).toMatchObject({ hits: 3, misses: 3, hitRatio: 0.5, entries: 3 });
  });

  test("shares a call that is under way", async () => {
    const watched = watchedEmbed();
    const cache = createEmbeddingCache(watched);
    const [[one], [other]] = await Promise.all([cache.embed(["red"]), cache.embed(["red"])]);
    expect(watched.calls).toBe(1);
    expect(other).toBe(one);
  });

  test("gives vectors of length 1", async () => {
    const cache = createEmbeddingCache({ embed: async () => [Float32Array.of(3, 4)] });
    expect(await cache.embed(["x"])).toEqual([Float32Array.of(0.6, 0.8)]);
  });

  test("drops the least recently used, not the oldest", async () => {
    const watched = watchedEmbed();
    const cache = createEmbeddingCache({ ...watched, maxEntries: 2 });
    await cache.embed(["old"]);
    await cache.embed(["middle"]);
    expect(cache.known("old")).toBeDefined();
    await cache.embed(["new"]);
    expect(cache.known("old")).toBeDefined();
    expect(cache.known("middle")).toBeUndefined();
    expect(cache.stats()).toMatchObject({ entries: 2, evictions: 1 });
  });

  test("stays within its bytes, and still answers what is too large to keep", async () => {
    const watched = watchedEmbed();
    const cache = createEmbeddingCache({ ...watched, maxBytes: 5_000 });
    for (let index = 0; index < 50; index++) await cache.embed([`text ${index}`]);
    expect(cache.stats().bytes).toBeLessThanOrEqual(5_000);
    expect(cache.stats().evictions).toBeGreaterThan(40);
    expect((await cache.embed(["long ".repeat(2_000)]))[0]).toBeInstanceOf(Float32Array);
  });

  test("a failure reaches everybody who waits, and is not remembered", async () => {
    const watched = watchedEmbed();
    const cache = createEmbeddingCache(watched);
    watched.behave = "fail";
    const waiting = await Promise.allSettled([cache.embed(["a", "b"]), cache.embed(["b"])]);
    expect(waiting.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    watched.behave = "well";
    expect(await cache.embed(["a", "b"])).toHaveLength(2);
  });

  test.each<[string, Embed]>([
    ["too few", async () => []],
    ["empty", async () => [new Float32Array()]],
    ["all zeros", async () => [new Float32Array(4)]],
    ["not numbers", async () => [Float32Array.of(1, Number.NaN)]],
    ["infinite", async () => [Float32Array.of(1, Number.POSITIVE_INFINITY)]],
  ])("refuses vectors that are %s", async (_what, embed) => {
    await expect(createEmbeddingCache({ embed }).embed(["x"])).rejects.toThrow(EmbeddingError);
  });

  test("refuses another length than the first: the model has changed underneath", async () => {
    let length = 3;
    const cache = createEmbeddingCache({ embed: async () => [new Float32Array(length).fill(1)] });
    await cache.embed(["x"]);
    length = 4;
    await expect(cache.embed(["y"])).rejects.toThrow("has 4 dimensions instead of 3");
  });

  test("refuses bounds that are none", () => {
    const { embed } = watchedEmbed();
    expect(() => createEmbeddingCache({ embed, maxEntries: 0 })).toThrow(ConfigurationError);
    expect(() => createEmbeddingCache({ embed, maxBytes: Number.NaN })).toThrow(ConfigurationError);
  });
});
