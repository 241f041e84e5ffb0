import { startRedis } from "../../services/redis.ts";
import type { Filling } from "../peers/cache/subject.ts";
import type { SuiteResult } from "../report.ts";
import { disk } from "./cache/disk.ts";
import { memoryHits, peersWith } from "./cache/memory.ts";
import { outages } from "./cache/outage.ts";
import { redisLevels, twoLevels } from "./cache/redis.ts";
import { answerOf } from "./cache/values.ts";

/** The three levels and what holds them together, beside five libraries. Needs `redis-server`. */
export async function suite(): Promise<SuiteResult[]> {
  const redis = await startRedis();
  const keys = Array.from({ length: 1_000 }, (_, index) => `question-${index}`);
  const answers = new Map(keys.map((key) => [key, answerOf(1_024, key)]));
  const filling: Filling = { keys, answerTo: (key) => answers.get(key), redisUrl: redis.url };
  const peers = await peersWith(filling);
  try {
    const memory = await memoryHits(filling, peers);
    const both = await twoLevels(filling, peers);
    return [memory, ...(await redisLevels(redis.url)), both, await disk(), ...(await outages())];
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
    await redis.stop();
  }
}
