import KeyvRedis from "@keyv/redis";
import { createCache } from "cache-manager";
import { KeyvCacheableMemory } from "cacheable";
import { Keyv } from "keyv";
import { type CachePeer, type Filling, hour } from "./subject.ts";

export async function cacheManager({ keys, answerTo, redisUrl }: Filling): Promise<CachePeer> {
  const inMemory = (lruSize: number): Keyv => new Keyv({ store: new KeyvCacheableMemory({ lruSize }) });
  const redis = new Keyv({ store: new KeyvRedis(redisUrl), namespace: "manager" });
  const memory = createCache({ stores: [inMemory(10_000)], ttl: hour });
  const both = createCache({ stores: [inMemory(1), redis], ttl: hour });
  for (const key of keys) {
    await memory.set(key, answerTo(key));
    await both.set(key, answerTo(key));
  }
  return {
    name: "cache-manager",
    hit: (key) => memory.wrap(key, async () => answerTo(key)),
    hitBelow: (key) => both.wrap(key, async () => answerTo(key)),
    close: async () => void (await both.disconnect()),
  };
}
