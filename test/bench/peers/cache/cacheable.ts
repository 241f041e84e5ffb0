import KeyvRedis from "@keyv/redis";
import { Cacheable, KeyvCacheableMemory } from "cacheable";
import { Keyv } from "keyv";
import { type CachePeer, type Filling, hour } from "./subject.ts";

export async function cacheable({ keys, answerTo, redisUrl }: Filling): Promise<CachePeer> {
  const primary = (lruSize: number): Keyv => new Keyv({ store: new KeyvCacheableMemory({ lruSize }) });
  const memory = new Cacheable({ primary: primary(10_000), ttl: hour });
  const redis = new Keyv({ store: new KeyvRedis(redisUrl), namespace: "cacheable" });
  const both = new Cacheable({ primary: primary(1), secondary: redis, ttl: hour });
  for (const key of keys) {
    await memory.set(key, answerTo(key), hour);
    await both.set(key, answerTo(key), hour);
  }
  return {
    name: "cacheable",
    hit: (key) => memory.getOrSet(key, async () => answerTo(key), { ttl: hour }),
    hitBelow: (key) => both.getOrSet(key, async () => answerTo(key), { ttl: hour }),
    close: () => both.disconnect(),
  };
}
