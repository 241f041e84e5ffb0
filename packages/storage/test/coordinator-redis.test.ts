import { describe } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type RedisService, startRedis } from "../../../test/services/redis.ts";
import { createRedisCoordinator } from "../src/index.ts";
import { describeCoordinator } from "./coordinator-conformance.ts";

describe.skipIf(!available("redis-server"))("Redis", () => {
  let redis: RedisService;
  const source = () => ({ url: redis.url, keyPrefix: "conformance:" });
  describeCoordinator("redis", {
    start: async () => {
      redis = await startRedis();
    },
    open: () => createRedisCoordinator({ ...source(), timeoutMs: 10_000 }),
    source: () => ({ driver: "redis", ...source() }),
    stop: () => redis.stop(),
  });
});
