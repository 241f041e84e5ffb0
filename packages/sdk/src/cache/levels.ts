import { join } from "node:path";
import type { LevelFactory } from "@flyball/cache";
import type { Configuration } from "../config/configuration.ts";

type Library = typeof import("@flyball/cache");

/** The levels that the configuration asks for, the fastest first. None with `cache.enabled` off. */
export function cacheLevels(configuration: Configuration, library: Library): LevelFactory[] {
  const { cache, redis, home } = configuration;
  if (!cache.enabled) return [];
  const { memoryLevel, redisLevel, diskLevel } = library;
  const levels = [memoryLevel(cache.memory)];
  if (cache.redis.enabled && redis.url !== undefined) {
    const { ttlMs, maxBytes, deadlineMs } = cache.redis;
    levels.push(redisLevel({ url: redis.url, ttlMs, maxBytes, deadlineMs }));
  }
  if (cache.disk.enabled) {
    const { path = join(home, "cache.db"), ttlMs, maxBytes } = cache.disk;
    levels.push(diskLevel({ path, ttlMs, maxBytes }));
  }
  return levels;
}
