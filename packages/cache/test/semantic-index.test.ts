import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExactIndex } from "../src/semantic/index/exact.ts";
import { loadVectorGraph } from "../src/semantic/index/graph.ts";
import { GrowingIndex } from "../src/semantic/index/growing.ts";
import type { VectorGraph, VectorGraphFactory, VectorIndex } from "../src/semantic/index/types.ts";
import { normalised, similarity } from "../src/semantic/vector.ts";

const dimensions = 96;

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}

/** Vectors in groups of about 20, as questions are. */
function vectorsOf(count: number, seed: number, size = dimensions): Float32Array[] {
  const random = generator(seed);
  const groups = Array.from({ length: Math.ceil(count / 20) }, () => Float32Array.from({ length: size }, random));
  return Array.from({ length: count }, (_, index) =>
    normalised((groups[index % groups.length] as Float32Array).map((value) => value + 0.4 * random())),
  );
}

function fullScan(
  vectors: ReadonlyMap<number, Float32Array>,
  query: Float32Array,
  floor: number,
  limit: number,
): number[] {
  return [...vectors]
    .map(([id, vector]) => ({ id, similarity: similarity(vector, query) }))
    .filter((one) => one.similarity >= floor)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, limit)
    .map(({ id }) => id);
}

const none = { graphFactory: () => undefined, onGraphFailure: () => {} };

describe.each<[string, () => VectorIndex]>([
  ["every vector", () => new ExactIndex()],
  ["growing, without a graph", () => new GrowingIndex({ exactUpTo: 4, ...none })],
])("index comparing %s", (_name, make) => {
  test("finds what a full scan finds, whatever was removed", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 130 }),
        fc.array(fc.nat(119), { maxLength: 60 }),
        fc.constantFrom(-1, 0, 0.5, 0.8, 0.95),
        fc.integer({ min: 1, max: 6 }),
        (seed, size, removed, floor, limit) => {
          const index = make();
          const kept = new Map<number, Float32Array>();
          for (const [id, vector] of vectorsOf(120, seed, size).entries()) {
            index.add(id, vector);
            kept.set(id, vector);
          }
          for (const id of removed) {
            index.remove(id);
            kept.delete(id);
          }
          const [query] = vectorsOf(1, seed + 1, size) as [Float32Array];
          for (const one of [query, ...[...kept.values()].slice(0, 3)]) {
            const found = index.search(one, floor, limit);
            const wanted = fullScan(kept, one, floor, limit);
            // Two that are equally near may come in either order.
            expect(found.map((each) => each.similarity)).toEqual(
              wanted.map((id) => similarity(kept.get(id) as Float32Array, one)),
            );
          }
          expect(index.size).toBe(kept.size);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("index with a graph", async () => {
  const factory = await loadVectorGraph();

  test("usearch has native code for this platform", () => expect(factory).toBeDefined());

  const growing = (graphFactory: () => VectorGraphFactory | undefined, failures: unknown[] = []) =>
    new GrowingIndex({ exactUpTo: 64, graphFactory, onGraphFailure: (error) => failures.push(error) });

  test("takes over once it has caught up, and finds nearly all through thousands of changes", () => {
    const index = growing(() => factory);
    const vectors = vectorsOf(1_500, 7);
    const kept = new Map<number, Float32Array>();
    for (const [id, vector] of vectors.entries()) {
      index.add(id, vector);
      kept.set(id, vector);
      if (id === 64) expect(index.indexed).toBe(false);
      if (id === 80) expect(index.indexed).toBe(true);
      if (id >= 300) {
        index.remove(id - 300);
        kept.delete(id - 300);
      }
    }
    expect(index.size).toBe(300);
    let right = 0;
    for (const [id, vector] of kept) {
      const [first] = index.search(vector, 0.5, 4);
      if (first?.id === id) right++;
      for (const found of index.search(vector, 0.5, 4)) expect(kept.has(found.id)).toBe(true);
    }
    expect(right / kept.size).toBeGreaterThan(0.97);
  });

  test("gives the exact similarity, and nothing below the floor", () => {
    const index = growing(() => factory);
    const vectors = vectorsOf(200, 3);
    vectors.forEach((vector, id) => void index.add(id, vector));
    expect(index.indexed).toBe(true);
    for (const { id, similarity: given } of index.search(vectors[0] as Float32Array, 0.9, 8)) {
      expect(given).toBe(similarity(vectors[id] as Float32Array, vectors[0] as Float32Array));
      expect(given).toBeGreaterThanOrEqual(0.9);
    }
  });

  test("is left when most is removed, and built again", () => {
    const index = growing(() => factory);
    const vectors = vectorsOf(300, 5);
    vectors.slice(0, 150).forEach((vector, id) => void index.add(id, vector));
    for (let id = 0; id < 140; id++) index.remove(id);
    expect(index.indexed).toBe(false);
    expect(index.search(vectors[145] as Float32Array, 0.9, 1)[0]?.id).toBe(145);
    vectors.slice(150).forEach((vector, offset) => void index.add(150 + offset, vector));
    expect(index.indexed).toBe(true);
    expect(index.search(vectors[145] as Float32Array, 0.9, 1)[0]?.id).toBe(145);
  });

  test.each<keyof VectorGraph>(["add", "remove", "nearest"])("goes on without it when its %s throws", (broken) => {
    const failures: unknown[] = [];
    let armed = false;
    const index = growing(
      () => (size) => {
        const graph = (factory as VectorGraphFactory)(size);
        const failing = { ...graph } as Record<keyof VectorGraph, (...args: never[]) => unknown>;
        failing[broken] = (...args: never[]) => {
          if (armed) throw new Error("native");
          return (graph[broken] as (...args: never[]) => unknown)(...args);
        };
        return failing as unknown as VectorGraph;
      },
      failures,
    );
    const vectors = vectorsOf(200, 9);
    vectors.slice(0, 150).forEach((vector, id) => void index.add(id, vector));
    expect(index.indexed).toBe(true);
    armed = true;
    vectors.slice(150).forEach((vector, offset) => void index.add(150 + offset, vector));
    index.remove(0);
    expect(index.search(vectors[160] as Float32Array, 0.9, 1)[0]?.id).toBe(160);
    expect(index.search(vectors[10] as Float32Array, 0.9, 1)[0]?.id).toBe(10);
    expect(index.indexed).toBe(false);
    expect(failures).toHaveLength(1);
  });
});
