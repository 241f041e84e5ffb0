import { join } from "node:path";
import { start } from "@flyball/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FlyballHome, flyballHome } from "./flyball.ts";

/** 300 questions, of which each is asked twice, and each answer cost a cent. */
async function ask(home: FlyballHome): Promise<void> {
  const flyball = await start({ home: join(home.folder, ".flyball"), environment: {}, cache: { name: "answers" } });
  for (let asked = 0; asked < 600; asked++) {
    await flyball.cache.getOrCompute(`question ${asked % 300}`, () => "an answer", { costOf: () => 0.01 });
  }
  await flyball.shutdown();
}

describe("flyball cache", () => {
  let home: FlyballHome;
  beforeAll(async () => {
    home = flyballHome();
    await ask(home);
  });
  afterAll(() => home.remove());

  test("stats has every level, what it did, what it takes, and what was saved", async () => {
    const [json, text] = await Promise.all([
      home.run(["cache", "stats", "--json"]),
      home.run(["cache", "stats", "--since", "1h"]),
    ]);
    expect(json.status, json.stderr).toBe(0);
    const { sinceMinutes, caches } = JSON.parse(json.stdout);
    expect(sinceMinutes).toBe(15);
    expect(caches).toHaveLength(1);
    const [cache] = caches;
    expect(cache).toMatchObject({ cache: "answers", calls: 600, hitRatio: 0.5, computed: 300, failed: 0, bypassed: 0 });
    expect(cache.savedUsd).toBeCloseTo(3, 9);
    expect(cache.levels.map(({ level }: { level: string }) => level)).toEqual(["memory", "disk"]);
    const [memory, disk] = cache.levels;
    expect(memory).toMatchObject({ hits: 300, misses: 300, errors: 0, hitRatio: 0.5, entries: 300, evictions: 0 });
    expect(memory.bytes).toBeGreaterThan(0);
    expect(memory.savedUsd).toBeCloseTo(3, 9);
    expect(disk).toMatchObject({ hits: 0, misses: 300, hitRatio: 0 });
    expect(disk.p95Ms).toBeGreaterThanOrEqual(disk.p50Ms);
    expect(text.stdout).toMatch(/^answers: 600 calls, 50\.0 % hits, 300 computed \(p50 .* and \$3\.00 saved$/m);
    expect(text.stdout).toMatch(/^memory +300 .* 50\.0 % .*\$3\.00$/m);
  });

  test("advise has forecasts by size and by time, and says when nothing is worth changing", async () => {
    const [json, text] = await Promise.all([home.run(["cache", "advise", "--json"]), home.run(["cache", "advise"])]);
    expect(json.status, json.stderr).toBe(0);
    const [advice] = JSON.parse(json.stdout).caches;
    expect(advice).toMatchObject({ cache: "answers", processes: 1 });
    expect(advice.sampled).toBeGreaterThan(0);
    expect(advice.memory.map(({ factor }: { factor: number }) => factor)).toEqual([0.25, 0.5, 1, 2, 4]);
    const ratios = advice.memory.map(({ hitRatio }: { hitRatio: number }) => hitRatio);
    expect(ratios).toEqual(ratios.toSorted((a: number, b: number) => a - b));
    expect(advice.ttl.length).toBeGreaterThan(0);
    expect(text.stdout).toMatch(/^answers: \d+ look-ups followed$/m);
    expect(text.stdout).toMatch(/^× 2 +200 MB +\d+\.\d % +\d+\.\d %$/m);
  });

  test("without a store, and without a cache, both say so", async () => {
    const empty = flyballHome();
    try {
      const none = await empty.run(["cache", "stats"]);
      expect([none.status, none.stderr]).toEqual([1, expect.stringContaining("there is no store")]);
      const flyball = await start({ home: join(empty.folder, ".flyball"), environment: {} });
      await flyball.shutdown();
      const [stats, advice] = await Promise.all([empty.run(["cache", "stats"]), empty.run(["cache", "advise"])]);
      expect([stats.status, stats.stdout]).toEqual([0, expect.stringContaining("No cache was asked")]);
      expect([advice.status, advice.stdout]).toEqual([0, expect.stringContaining("No cache has been followed")]);
    } finally {
      empty.remove();
    }
  });
});
