import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Keyv } from "keyv";
import { describe } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type RedisService, startRedis } from "../../../test/services/redis.ts";
import { createKeyvSqlite, diskLevel, keyvLevel, memoryLevel, redisLevel } from "../src/index.ts";
import { describeLevel } from "./level-conformance.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "flyball-levels-"));

describeLevel("memory", {
  start: async () => memoryLevel({ maxBytes: 64 * 2 ** 20 }),
  stop: async () => {},
  encodes: false,
  clearsByPrefix: true,
});

const diskFolder = folder();
describeLevel("disk", {
  start: async () => diskLevel({ path: join(diskFolder, "cache.db") }),
  stop: async () => rmSync(diskFolder, { recursive: true }),
  encodes: true,
  clearsByPrefix: true,
});

describeLevel("keyv, a Map", {
  start: async () => keyvLevel(new Map(), { deadlineMs: 5_000 }),
  stop: async () => {},
  encodes: true,
  clearsByPrefix: false,
});

describeLevel("keyv, a Keyv", {
  start: async () => keyvLevel(new Keyv(), { deadlineMs: 5_000 }),
  stop: async () => {},
  encodes: true,
  clearsByPrefix: false,
});

const keyvFolder = folder();
const keyvSqlite = createKeyvSqlite({ path: join(keyvFolder, "keyv.db"), maxBytes: 2 ** 30 });
describeLevel("keyv, SQLite with bytes", {
  start: async () => keyvLevel(keyvSqlite, { binary: true, scope: "machine", deadlineMs: 5_000 }),
  async stop() {
    await keyvSqlite.disconnect?.();
    rmSync(keyvFolder, { recursive: true });
  },
  encodes: true,
  clearsByPrefix: false,
});

describe.skipIf(!available("redis-server"))("with a real Redis", () => {
  let redis: RedisService;
  describeLevel("redis", {
    async start() {
      redis = await startRedis();
      return redisLevel({ url: redis.url, deadlineMs: 5_000 });
    },
    stop: () => redis.stop(),
    encodes: true,
    clearsByPrefix: true,
  });
});
