import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { redisDriver } from "bentocache/drivers/redis";
import { type CachePeer, type Filling, hour } from "./subject.ts";

export async function bentocache({ keys, answerTo, redisUrl }: Filling): Promise<CachePeer> {
  const { hostname, port } = new URL(redisUrl);
  const connection = { host: hostname, port: Number(port) };
  const bento = new BentoCache({
    default: "memory",
    stores: {
      memory: bentostore().useL1Layer(memoryDriver({ maxItems: 10_000 })),
      both: bentostore()
        .useL1Layer(memoryDriver({ maxItems: 1 }))
        .useL2Layer(redisDriver({ connection })),
    },
  });
  const [memory, both] = [bento.use("memory"), bento.use("both")];
  for (const key of keys) {
    await memory.set({ key, value: answerTo(key), ttl: hour });
    await both.set({ key, value: answerTo(key), ttl: hour });
  }
  return {
    name: "bentocache",
    hit: (key) => memory.getOrSet({ key, factory: () => answerTo(key), ttl: hour }),
    hitBelow: (key) => both.getOrSet({ key, factory: () => answerTo(key), ttl: hour }),
    close: () => bento.disconnectAll(),
  };
}
