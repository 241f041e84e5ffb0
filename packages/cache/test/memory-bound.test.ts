import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { type Cache, createCache, memoryLevel } from "../src/index.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heldBytes(): number {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const made: Cache[] = [];
afterEach(async () => {
  for (const cache of made.splice(0)) await cache.close();
});

const sentence = "The period for filing is three years from the day of the offence. ";
const shapes: Readonly<Record<string, (i: number) => unknown>> = {
  "text in Latin-1": (i) => Buffer.from(`${i} ${sentence.repeat(15)}`).toString("latin1"),
  "text with other letters": (i) => Buffer.from(`${i} §§ तीन वर्ष — ${sentence.repeat(15)}`).toString(),
  "answers with figures": (i) =>
    JSON.parse(
      JSON.stringify({
        id: i,
        model: "tiny",
        usage: { input: i, output: 7 },
        scores: Array.from({ length: 20 }, (_, j) => j / 3 + i),
        text: `${i} ${sentence.repeat(5)}`,
      }),
    ),
  "many small objects": (i) =>
    JSON.parse(JSON.stringify(Array.from({ length: 30 }, (_, j) => ({ id: j, title: `Section ${i}-${j}`, ok: true })))),
  buffers: (i) => Buffer.alloc(2_000, i),
  Maps: (i) => new Map(Array.from({ length: 40 }, (_, j) => [`key ${i} ${j}`, j])),
  numbers: (i) => i,
};

describe("memory is bounded as the heap sees it", () => {
  test.each(Object.entries(shapes))("%s", async (_name, make) => {
    const maxBytes = 6 * 2 ** 20;
    const before = heldBytes();
    const cache = createCache({ levels: [memoryLevel({ maxBytes })], adviceKeys: 0 });
    made.push(cache);
    for (let i = 0; i < 400_000; i++) {
      await cache.getOrCompute(`the key of number ${i}`, () => make(i));
      if (i % 500 === 0 && (cache.stats().levels.memory?.evictions ?? 0) > 0) break;
    }
    const stats = cache.stats().levels.memory;
    expect(stats?.evictions).toBeGreaterThan(0);
    expect(stats?.bytes).toBeLessThanOrEqual(maxBytes);
    const taken = heldBytes() - before;
    expect(taken / maxBytes).toBeLessThan(1.2);
    expect(taken / maxBytes).toBeGreaterThan(0.5);
  });

  test("an entry larger than an eighth is not kept, and neither is what it replaces", async () => {
    const cache = createCache({ levels: [memoryLevel({ maxBytes: 80_000 })] });
    made.push(cache);
    await cache.set("k", "small");
    await cache.set("k", "x".repeat(20_000));
    expect(await cache.get("k")).toBeUndefined();
    expect(cache.stats().levels.memory).toMatchObject({ refused: 1, entries: 0 });
  });

  test("a long key counts with its hash", async () => {
    const cache = createCache({ levels: [memoryLevel({ maxBytes: 100_000 })] });
    made.push(cache);
    const key = "a prompt as a key ".repeat(5_000);
    let calls = 0;
    for (let i = 0; i < 3; i++) await cache.getOrCompute(key, () => ++calls);
    expect(calls).toBe(1);
    expect(cache.stats().levels.memory?.bytes).toBeLessThan(2_000);
  });
});
