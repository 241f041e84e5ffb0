import { createSemanticCache } from "@flyball/cache";
import { Index, MetricKind, ScalarKind } from "usearch";
import { ExactIndex } from "../../../packages/cache/src/semantic/index/exact.ts";
import { loadVectorGraph } from "../../../packages/cache/src/semantic/index/graph.ts";
import { GrowingIndex } from "../../../packages/cache/src/semantic/index/growing.ts";
import type { VectorIndex } from "../../../packages/cache/src/semantic/index/types.ts";
import { type Measured, measure, type Subject } from "../measure.ts";
import type { Figure, SuiteResult } from "../report.ts";

const dimensions = 384;
const threshold = 0.9;
/** Vectors, and the most CPU microseconds that finding one among them may take. */
const sizes: readonly (readonly [vectors: number, goal: number])[] = [
  [1_000, 25],
  [10_000, 60],
  [100_000, 250],
];

type Find = (query: Float32Array) => number | undefined;

/** Finding the nearest of many vectors: ours, usearch by itself, and plain loops over Float32Array. */
export async function suite(): Promise<SuiteResult[]> {
  const results: SuiteResult[] = [];
  for (const [count, goal] of sizes) results.push(await searches(count, goal));
  results.push(await wholeLookups());
  return results;
}

async function searches(count: number, goal: number): Promise<SuiteResult> {
  const vectors = similarVectors(count);
  const queries = Array.from({ length: 512 }, (_, index) => near(vectors[(index * 7919) % count] as Float32Array));
  const finders: [name: string, find: Find][] = [
    ["Flyball", findIn(await grown(vectors))],
    ["usearch, int8", usearch(vectors)],
  ];
  if (count <= 10_000)
    finders.push(["Flyball, every vector", findIn(filled(new ExactIndex(), vectors))], ["a plain loop", scan(vectors)]);
  const measured = await measure(
    finders.map(([name, find]) => repeated(name, find, queries)),
    5,
  );
  const figures = measured.map(
    (one): Figure => ({
      name: one.name,
      value: one.cpuMicros,
      unit: "µs",
      ...(one.name === "Flyball"
        ? { atMost: goal }
        : { note: `${(one.cpuMicros / (measured[0] as Measured).cpuMicros).toFixed(2)}× Flyball` }),
    }),
  );
  const [, ours] = finders[0] as [string, Find];
  const found = queries.filter((query, index) => ours(query) === (index * 7919) % count).length;
  // As a share that was missed, since figures have a most and not a least.
  figures.push({
    name: "nearest missed by Flyball",
    value: (100 * (queries.length - found)) / queries.length,
    unit: "%",
    atMost: 5,
  });
  return { suite: `semantic: nearest of ${count} vectors of ${dimensions}, CPU`, figures };
}

/** The whole of a look-up that is answered, but for the embedding model: embedding cache, search, verification, answer. */
async function wholeLookups(): Promise<SuiteResult> {
  const questions = Array.from({ length: 1_000 }, (_, index) => `What does clause ${index} of the contract say?`);
  const made = similarVectors(questions.length);
  const vectors = new Map(questions.map((question, index) => [question, made[index] as Float32Array]));
  const cache = createSemanticCache({
    embed: async (texts) => texts.map((text) => vectors.get(text) as Float32Array),
    threshold,
    mode: "on",
  });
  const partition = { tenant: "bench", model: "none" };
  for (const text of questions) {
    await cache.getOrCompute({ partition, text }, () => ({ text: "It says nothing." }));
    await cache.idle();
  }
  const [measured] = await measure([
    {
      name: "hit",
      async run(times) {
        for (let index = 0; index < times; index++) {
          await cache.ask({ partition, text: questions[index % questions.length] as string });
        }
      },
    },
  ]);
  cache.close();
  return {
    suite: "semantic: a question that is answered, its embedding known, CPU",
    figures: [{ name: "Flyball, 1,000 answers", value: (measured as Measured).cpuMicros, unit: "µs" }],
  };
}

async function grown(vectors: readonly Float32Array[]): Promise<VectorIndex> {
  const graph = await loadVectorGraph();
  return filled(
    new GrowingIndex({
      exactUpTo: 512,
      graphFactory: () => graph,
      onGraphFailure: (error) => {
        throw error;
      },
    }),
    vectors,
  );
}

function filled(index: VectorIndex, vectors: readonly Float32Array[]): VectorIndex {
  vectors.forEach((vector, id) => {
    index.add(id, vector);
  });
  return index;
}

const findIn =
  (index: VectorIndex): Find =>
  (query) =>
    index.search(query, threshold, 1)[0]?.id;

function usearch(vectors: readonly Float32Array[]): Find {
  const index = new Index({
    dimensions,
    metric: MetricKind.Cos,
    quantization: ScalarKind.I8,
    connectivity: 16,
    expansion_add: 64,
    expansion_search: 32,
    multi: false,
  });
  vectors.forEach((vector, id) => {
    index.add(BigInt(id), vector, 1);
  });
  return (query) => Number(index.search(query, 1, 1).keys[0]);
}

function scan(vectors: readonly Float32Array[]): Find {
  return (query) => {
    let best = -1;
    let nearest: number | undefined;
    for (let id = 0; id < vectors.length; id++) {
      const vector = vectors[id] as Float32Array;
      let dot = 0;
      for (let index = 0; index < dimensions; index++) dot += (vector[index] as number) * (query[index] as number);
      if (dot > best) {
        best = dot;
        nearest = id;
      }
    }
    return nearest;
  };
}

function repeated(name: string, find: Find, queries: readonly Float32Array[]): Subject {
  return {
    name,
    run(times) {
      for (let index = 0; index < times; index++) find(queries[index % queries.length] as Float32Array);
    },
  };
}

/** Vectors in groups, as questions are, from a seeded generator; those of a group have a cosine of about 0.8. */
function similarVectors(count: number): Float32Array[] {
  const random = generator(count);
  const groups = Array.from({ length: Math.ceil(count / 50) }, () => Float32Array.from({ length: dimensions }, random));
  return Array.from({ length: count }, (_, index) => {
    const group = groups[index % groups.length] as Float32Array;
    return unit(group.map((value) => value + 0.5 * random()));
  });
}

/** The same question put a little differently: a cosine of about 0.98. */
function near(vector: Float32Array): Float32Array {
  const random = generator(Math.trunc((vector[0] as number) * 1e9));
  return unit(vector.map((value) => value + 0.04 * random()));
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Numbers between -0.5 and 0.5 by a linear congruential generator. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}
