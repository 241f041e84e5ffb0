import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anotherKey, decodeEntry } from "../src/codec/decode.ts";
import { compressFrom } from "../src/codec/encode.ts";
import { inspectValue } from "../src/inspect-value.ts";
import type { Entry } from "../src/types.ts";
import { entryOf, recordOf } from "./fixtures/context.ts";

const value = fc.anything({
  ...{ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withSparseArray: true },
});

async function through(given: unknown): Promise<unknown> {
  return ((await decodeEntry(Buffer.from(await recordOf(given).bytes("k")), "k")) as Entry)?.value;
}

describe("the codec", () => {
  test("gives back whatever goes in", async () => {
    await fc.assert(
      fc.asyncProperty(value, async (given) => {
        expect(await through(given)).toStrictEqual(structuredClone(given));
      }),
      { numRuns: 300 },
    );
  });

  test("gives back any text, whole and broken", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.nat(3), async (text, half) => {
        const given = half === 0 ? `${text}\ud800` : text;
        expect(await through(given)).toBe(given);
        expect(await through({ given })).toEqual({ given });
      }),
    );
  });

  test("compresses what is large, and what does not shrink stays as it is", async () => {
    const text = "three years, and no longer — ".repeat(10_000);
    expect((await recordOf(text).bytes("k")).length).toBeLessThan(text.length / 10);
    const { randomBytes } = await import("node:crypto");
    const noise = randomBytes(2 * compressFrom);
    expect((await recordOf(noise).bytes("k")).length).toBeLessThan(noise.length + 200);
    expect(noise.equals((await through(noise)) as Buffer)).toBe(true);
  });

  test("bytes that are damaged, cut or invented are a miss, never an error", async () => {
    const about = { tags: ["t"], epochs: [1, 2] };
    const good = [
      Buffer.from(await recordOf({ a: 1 }, 0, about).bytes("k")),
      Buffer.from(await recordOf(new Map([[1, "x".repeat(5_000)]]), 0, about).bytes("k")),
      Buffer.from(await recordOf("—".repeat(compressFrom), 0, about).bytes("k")),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...good), fc.nat(), fc.nat(255), fc.boolean(), async (sealed, at, byte, cut) => {
        const bad = Buffer.from(cut ? sealed.subarray(0, at % sealed.length) : sealed);
        if (!cut) bad[at % bad.length] = byte;
        await decodeEntry(bad, "k");
      }),
      { numRuns: 800 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await decodeEntry(Buffer.from(bytes), "k")).toBeUndefined();
      }),
    );
  });

  test("tells what was written under another key", async () => {
    const sealed = Buffer.from(await recordOf({ a: 1 }).bytes("mine"));
    expect(await decodeEntry(sealed, "yours")).toBe(anotherKey);
    expect(await decodeEntry(sealed, "mine")).toMatchObject({ value: { a: 1 } });
  });

  test("keeps a Buffer apart from what it was read from", async () => {
    const chunk = Buffer.alloc(64_000);
    const sealed = Buffer.from(await recordOf(Buffer.from("kept")).bytes("k"));
    sealed.copy(chunk, 100);
    const entry = (await decodeEntry(chunk.subarray(100, 100 + sealed.length), "k")) as Entry;
    chunk.fill(0);
    expect(String(entry?.value)).toBe("kept");
  });

  test("refuses more names than an envelope takes, instead of forgetting some", () => {
    const epochs = Array.from({ length: 300 }, (_, i) => i);
    expect(() => recordOf(1, 0, entryOf(1, 0, { epochs })).bytes("k")).toThrow("epochs");
  });
});

describe("the size of a value", () => {
  test("grows with it", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(inspectValue([a, b]).heapBytes).toBeGreaterThan(inspectValue([a]).heapBytes);
      }),
    );
  });

  test("a text with one character beyond Latin-1 takes twice the room", () => {
    const plain = inspectValue("x".repeat(10_000)).heapBytes;
    expect(inspectValue(`${"x".repeat(9_999)}—`).heapBytes / plain).toBeCloseTo(2, 1);
  });

  test("a value nested ten thousand deep is looked through without overflowing the stack", () => {
    let deep: unknown = "end";
    for (let i = 0; i < 10_000; i++) deep = { deep };
    expect(inspectValue(deep).heapBytes).toBeGreaterThan(200_000);
  });
});
