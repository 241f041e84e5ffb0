import { LRUCache } from "lru-cache";
import { type CachePeer, type Filling, hour } from "./subject.ts";

/** The library by itself, which holds what we hold: `get` with a time to live, and `fetch`, which computes. */
export async function lruCache({ keys, answerTo }: Filling): Promise<CachePeer[]> {
  const cache = new LRUCache<string, object>({
    max: 10_000,
    ttl: hour,
    fetchMethod: async (key) => answerTo(key) as object,
  });
  for (const key of keys) cache.set(key, answerTo(key) as object);
  const close = async (): Promise<void> => cache.clear();
  return [
    { name: "lru-cache get", hit: (key) => cache.get(key), close },
    { name: "lru-cache fetch", hit: (key) => cache.fetch(key), close },
  ];
}
