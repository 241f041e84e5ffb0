import { createCache, memoryLevel, redisLevel } from "@flyball/cache";
import { failureLog, silentLogger, systemClock } from "@flyball/core";
import { createClient } from "@redis/client";
import { createRecord } from "../../../../packages/cache/src/codec/encode.ts";
import { keyvOnRedis } from "../../peers/cache/keyv.ts";
import type { CachePeer, Filling } from "../../peers/cache/subject.ts";
import type { Figure, SuiteResult } from "../../report.ts";
import { answerOf } from "./values.ts";
import { serially, together, type Waited } from "./wall.ts";

const context = {
  ...{ cache: "bench", clock: systemClock, logger: silentLogger },
  failures: failureLog(silentLogger),
};
/** A benchmark's machine may stall for longer than a service should wait. */
const deadlineMs = 5_000;

/** The Redis level beside the client below it and keyv's own way, on the clock: most of it is the way to Redis. */
export async function redisLevels(url: string): Promise<SuiteResult[]> {
  const raw = await createClient({ url }).connect();
  const keyv = keyvOnRedis(url);
  const level = redisLevel({ url, deadlineMs })(context);
  const record = (value: object): ReturnType<typeof createRecord> => {
    const [createdAt, later] = [Date.now(), Date.now() + 3_600_000];
    const about = {
      createdAt,
      expiresAt: later,
      staleUntil: later,
      computeMs: 1,
      usd: undefined,
      tags: [],
      epochs: [0],
    };
    return createRecord({ value, ...about });
  };
  const results: SuiteResult[] = [];
  for (const [size, bytes] of [
    ["1 KB", 1_024],
    ["20 KB", 20_480],
  ] as const) {
    const value = answerOf(bytes, size);
    await raw.set(size, JSON.stringify(value));
    await keyv.set(size, value, 3_600_000);
    await level.set(size, record(value), 3_600_000);
    const serial = await serially([
      { name: "PING", run: () => raw.ping() },
      { name: "the client's get", run: () => raw.get(size) },
      { name: "Flyball's level, get", run: () => level.get(size) },
      { name: "keyv, get", run: () => keyv.get(size) },
      { name: "Flyball's level, set", run: () => level.set(size, record(value), 3_600_000) },
      { name: "keyv, set", run: () => keyv.set(size, value, 3_600_000) },
    ]);
    const flying = await together(
      [
        { name: "the client's get", run: () => raw.get(size) },
        { name: "Flyball's level, get", run: () => level.get(size) },
        { name: "keyv, get", run: () => keyv.get(size) },
      ],
      64,
    );
    results.push({ suite: `cache: Redis, ${size}, one at a time, wall clock`, figures: serialFigures(size, serial) });
    results.push({ suite: `cache: Redis, ${size}, 64 at a time, wall clock`, figures: flyingFigures(size, flying) });
  }
  await Promise.all([raw.close(), keyv.disconnect(), level.close(1_000)]);
  return results;
}

const of = (waited: readonly Waited[], name: string): number =>
  (waited.find((one) => one.name === name) as Waited).micros;

function serialFigures(size: string, waited: readonly Waited[]): Figure[] {
  const ping = of(waited, "PING");
  const goals: Readonly<Record<string, number>> =
    size === "1 KB"
      ? { "Flyball's level, get": 1.15 * ping + 5 }
      : {
          "Flyball's level, get": of(waited, "keyv, get") / 2,
          "Flyball's level, set": of(waited, "keyv, set") / 2,
        };
  return waited.map(({ name, micros }) => ({
    ...{ name, value: micros, unit: "µs", note: `${(micros / ping).toFixed(2)}× PING` },
    ...(goals[name] ? { atMost: Number(goals[name].toFixed(1)) } : {}),
  }));
}

function flyingFigures(size: string, waited: readonly Waited[]): Figure[] {
  const raw = of(waited, "the client's get");
  return waited.map(({ name, micros }) => ({
    ...{ name, value: micros, unit: "µs", note: `${(raw / micros).toFixed(2)}× the client's rate` },
    ...(name.startsWith("Flyball") && size === "1 KB" ? { atMost: Number((raw / 0.65).toFixed(2)) } : {}),
  }));
}

/** A miss in memory that Redis answers, through whole caches, 64 at a time. */
export async function twoLevels(filling: Filling, peers: readonly CachePeer[]): Promise<SuiteResult> {
  const { keys, answerTo, redisUrl: url } = filling;
  const raw = await createClient({ url }).connect();
  for (const key of keys) await raw.set(`raw:${key}`, JSON.stringify(answerTo(key)));
  const cache = createCache({ name: "two", levels: [memoryLevel({ maxBytes: 1 }), redisLevel({ url, deadlineMs })] });
  for (const key of keys) await cache.getOrCompute(key, () => answerTo(key));
  await cache.flush();
  const at = (index: number): string => keys[index % keys.length] as string;
  const waited = await together(
    [
      { name: "the client's get", run: (index) => raw.get(`raw:${at(index)}`) },
      { name: "Flyball", run: (index) => cache.getOrCompute(at(index), () => answerTo(at(index))) },
      ...peers
        .filter((peer) => peer.hitBelow)
        .map(({ name, hitBelow }) => ({ name, run: (index: number) => hitBelow?.(at(index)) })),
    ],
    64,
    25,
  );
  const stats = cache.stats();
  if (stats.computed > keys.length) throw new Error("Flyball computed what Redis had");
  await Promise.all([raw.close(), cache.close()]);
  const base = of(waited, "the client's get");
  return {
    suite: "cache: a miss in memory that Redis answers, 1 KB, 64 at a time, wall clock",
    figures: waited.map(({ name, micros }) => ({
      ...{ name, value: micros, unit: "µs", note: `${(base / micros).toFixed(2)}× the client's rate` },
    })),
  };
}
