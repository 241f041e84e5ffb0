import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "@flyball/storage";
import { afterAll, beforeAll, describe } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type RedisService, startRedis } from "../../../test/services/redis.ts";
import {
  checkpointMigrations,
  createFallbackCheckpoints,
  createLocalCheckpoints,
  createMemoryCheckpoints,
  createRedisCheckpoints,
} from "../src/index.ts";
import { checkpointConformance } from "./checkpoint-conformance.ts";

checkpointConformance("memory", async (clock) => {
  const store = createMemoryCheckpoints({ clock });
  return { store, other: store, stop: () => store.close() };
});

checkpointConformance("local, two connections to one file", async (clock) => {
  const folder = mkdtempSync(join(tmpdir(), "flyball-engine-"));
  const [one, two] = [1, 2].map(() => openStore({ path: join(folder, "runs.db"), migrations: checkpointMigrations }));
  const [store, other] = [one!, two!].map((opened) => createLocalCheckpoints({ store: opened, clock }));
  return {
    store: store!,
    other: other!,
    async stop() {
      await Promise.all([store!.close(), other!.close()]);
      await Promise.all([one!.close(), two!.close()]);
      rmSync(folder, { recursive: true });
    },
  };
});

checkpointConformance("fallback whose primary works", async (clock) => {
  const [primary, secondary] = [createMemoryCheckpoints({ clock }), createMemoryCheckpoints({ clock })];
  const store = createFallbackCheckpoints({ primary, secondary });
  const other = createFallbackCheckpoints({ primary, secondary });
  return { store, other, stop: () => store.close() };
});

checkpointConformance("fallback whose primary takes no writes", async (clock) => {
  const refuse = () => Promise.reject(new Error("read-only"));
  const refusing = { create: refuse, save: refuse, setStatus: refuse, delete: refuse, claim: refuse, release: refuse };
  const primary = { ...createMemoryCheckpoints({ clock }), ...refusing };
  const secondary = createMemoryCheckpoints({ clock });
  const store = createFallbackCheckpoints({ primary, secondary });
  const other = createFallbackCheckpoints({ primary, secondary });
  return { store, other, stop: () => store.close() };
});

describe.skipIf(!available("redis-server"))("with Redis", () => {
  let redis: RedisService;
  let count = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  checkpointConformance(
    "redis",
    async () => {
      const keyPrefix = `test-${count++}:`;
      const store = createRedisCheckpoints({ url: redis.url, keyPrefix });
      const other = createRedisCheckpoints({ url: redis.url, keyPrefix });
      return {
        store,
        other,
        async stop() {
          await Promise.all([store.close(), other.close()]);
        },
      };
    },
    true,
  );
});
