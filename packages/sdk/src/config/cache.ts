import { z } from "zod";
import { lifetime, milliseconds, positive, seconds, text } from "./kinds.ts";
import { setting } from "./setting.ts";

/** How the service's cache is made: a section of the configuration. */
export interface CacheConfiguration {
  readonly enabled: boolean;
  readonly name: string;
  readonly ttlMs: number;
  readonly historyKeys: number;
  readonly memory: { readonly ttlMs: number; readonly maxBytes: number };
  readonly redis: {
    readonly enabled: boolean;
    readonly ttlMs: number;
    readonly maxBytes: number;
    readonly deadlineMs: number;
  };
  readonly disk: {
    readonly enabled: boolean;
    readonly path?: string | undefined;
    readonly ttlMs: number;
    readonly maxBytes: number;
  };
}

export const cacheSchema: z.ZodType<CacheConfiguration> = z
  .strictObject({
    enabled: setting(
      z.boolean().default(true),
      "The switch above every cached answer: false computes each of them, and keeps none.",
    ),
    name: setting(
      z
        .string()
        .regex(/^[\w.@/-]{1,128}$/)
        .default("cache"),
      "Names the cache in keys, statistics and metrics. Services that share a Redis and a name share answers.",
      { expected: "1 to 128 letters, digits, _, -, ., / and @" },
    ),
    ttlMs: setting(
      lifetime().default(86_400_000),
      "How long an answer is fresh, unless its call says otherwise; each level keeps it for its own time at most.",
      { variables: [seconds("CACHE_TTL_SECONDS")] },
    ),
    historyKeys: setting(
      z.int().min(0).default(0),
      "How many of the most used keys are remembered for warming at the next start. They are kept readable.",
    ),
    memory: z
      .strictObject({
        ttlMs: setting(lifetime().default(300_000), "Longest time that memory keeps an answer as fresh."),
        maxBytes: setting(positive().default(104_857_600), "Most bytes in memory, as the heap sees them."),
      })
      .prefault({}),
    redis: z
      .strictObject({
        enabled: setting(z.boolean().default(true), "Whether answers are kept in the Redis of `redis.url`, if any."),
        ttlMs: setting(lifetime().default(3_600_000), "Longest time that Redis keeps an answer as fresh."),
        maxBytes: setting(positive().default(1_073_741_824), "While Redis uses more memory, nothing is written."),
        deadlineMs: setting(milliseconds().default(50), "Longest wait for Redis; then the next level is asked."),
      })
      .prefault({}),
    disk: z
      .strictObject({
        enabled: setting(z.boolean().default(true), "Whether answers are kept on disk."),
        path: setting(text().optional(), "The cache's file. Without it: `cache.db` in `home`.", { isPath: true }),
        ttlMs: setting(lifetime().default(86_400_000), "Longest time that the disk keeps an answer as fresh."),
        maxBytes: setting(positive().default(10_737_418_240), "Most bytes of the file."),
      })
      .prefault({}),
  })
  .prefault({});
