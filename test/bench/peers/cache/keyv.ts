import KeyvRedis from "@keyv/redis";
import { Keyv } from "keyv";
import { type CachePeer, type Filling, hour } from "./subject.ts";

export async function keyv({ keys, answerTo }: Filling): Promise<CachePeer> {
  const memory = new Keyv();
  for (const key of keys) await memory.set(key, answerTo(key), hour);
  return { name: "keyv", hit: (key) => memory.get(key), close: () => memory.disconnect() };
}

/** keyv's own way to Redis, as its documentation shows it. */
export function keyvOnRedis(url: string): Keyv {
  return new Keyv({ store: new KeyvRedis(url), namespace: "keyv" });
}
