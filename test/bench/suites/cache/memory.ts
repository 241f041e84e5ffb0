import { type Cache, createCache } from "@flyball/cache";
import { createTelemetry } from "@flyball/telemetry";
import { type Measured, measure, type Subject } from "../../measure.ts";
import { bentocache } from "../../peers/cache/bentocache.ts";
import { cacheManager } from "../../peers/cache/cache-manager.ts";
import { cacheable } from "../../peers/cache/cacheable.ts";
import { keyv } from "../../peers/cache/keyv.ts";
import { lruCache } from "../../peers/cache/lru-cache.ts";
import type { CachePeer, Filling } from "../../peers/cache/subject.ts";
import type { Figure, SuiteResult } from "../../report.ts";

/** 12 M and 2 M a second of CPU. */
const goals = { direct: 1 / 12, awaited: 1 / 2 } as const;

export async function peersWith(filling: Filling): Promise<CachePeer[]> {
  const single = [bentocache(filling), cacheable(filling), cacheManager(filling), keyv(filling)];
  return [...(await lruCache(filling)), ...(await Promise.all(single))];
}

/** Hits in memory, of 1 KB answers under 1,000 keys. */
export async function memoryHits(filling: Filling, peers: readonly CachePeer[]): Promise<SuiteResult> {
  const { keys, answerTo } = filling;
  const plain = new Map(keys.map((key) => [key, answerTo(key)]));
  const [ours, observed] = [createCache(), createCache({ telemetry: createTelemetry() })];
  for (const cache of [ours, observed]) for (const key of keys) await cache.getOrCompute(key, () => answerTo(key));
  const subjects: Subject[] = [
    direct("a Map", keys, (key) => plain.get(key)),
    direct("Flyball, as it comes", keys, (key) => lookUp(ours, key)),
    awaited("Flyball, awaited", keys, (key) => lookUp(ours, key)),
    awaited("Flyball, each hit an outcome", keys, (key) => lookUp(observed, key)),
    ...peers.map(({ name, hit }) => awaited(name, keys, hit)),
  ];
  const measured = await measure(subjects, 7);
  await Promise.all([ours.close(), observed.close()]);
  const base = measured[1] as Measured;
  const goalOf: Readonly<Record<string, number>> = {
    "Flyball, as it comes": goals.direct,
    "Flyball, awaited": goals.awaited,
  };
  const figures = measured.map((one): Figure => {
    const goal = goalOf[one.name];
    const rate = `${(1 / one.cpuMicros).toFixed(2)} M/CPU-s, ${(one.cpuMicros / base.cpuMicros).toFixed(2)}× ours`;
    return {
      name: one.name,
      value: one.cpuMicros * 1_000,
      unit: "ns",
      note: rate,
      ...(goal ? { atMost: goal * 1_000 } : {}),
    };
  });
  return { suite: "cache: a hit in memory, 1 KB, CPU time", figures };
}

const compute = (): never => {
  throw new Error("a hit computes nothing");
};

function lookUp(cache: Cache, key: string): unknown {
  return cache.getOrCompute(key, compute);
}

function direct(name: string, keys: readonly string[], hit: (key: string) => unknown): Subject {
  return {
    name,
    run(times) {
      let found: unknown;
      for (let index = 0; index < times; index++) found = hit(keys[index % keys.length] as string);
      if (found === undefined) throw new Error(`${name} lost an answer`);
    },
  };
}

function awaited(name: string, keys: readonly string[], hit: (key: string) => unknown): Subject {
  return {
    name,
    async run(times) {
      let found: unknown;
      for (let index = 0; index < times; index++) found = await hit(keys[index % keys.length] as string);
      if (found === undefined) throw new Error(`${name} lost an answer`);
    },
  };
}
