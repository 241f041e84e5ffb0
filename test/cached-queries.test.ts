import { type Cache, createCache } from "@flyball/cache";
import {
  type CachedQueries,
  createCachedQueries,
  createPostgresPool,
  createReplicatedPool,
  type Pool,
  type PostgresPoolOptions,
} from "@flyball/database";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { available } from "./services/executable.ts";
import { type PostgresService, startPostgres } from "./services/postgres.ts";

describe.skipIf(!available("postgres"))("queries of a real database in a real cache", () => {
  let service: PostgresService;
  let replica: PostgresService;
  let primary: Pool;
  let database: Pool;
  let cache: Cache;
  let cached: CachedQueries;
  const tags = ["items"];
  const sql = "SELECT name FROM items WHERE id = 1";

  const optionsOf = ({ host, port, user, database: name }: PostgresService): PostgresPoolOptions => {
    return { host, port, user, database: name };
  };
  const poolOf = (server: PostgresService): Pool => createPostgresPool(optionsOf(server));

  beforeAll(async () => {
    service = await startPostgres();
    replica = await service.startReplica();
    primary = poolOf(service);
    await primary.write("CREATE TABLE items(id INT PRIMARY KEY, name TEXT)");
  });
  beforeEach(async () => {
    await primary.write("DELETE FROM items");
    await primary.write("INSERT INTO items VALUES (1, 'old')");
    const replicated = createReplicatedPool({ primary: optionsOf(service), replicas: [optionsOf(replica)] });
    await replicated.probe();
    database = replicated;
    cache = createCache();
    cached = createCachedQueries({ database, cache });
    return async () => {
      await database.close();
      await cache.close();
    };
  });
  afterAll(async () => {
    await primary?.close();
    await service?.stop();
  });

  const rename = (name: string): Promise<unknown> =>
    cached.write("UPDATE items SET name = $1 WHERE id = 1", [name], { invalidates: tags });

  test("are asked once, and again after a write", async () => {
    expect(await cached.read(sql, [], { tags })).toEqual([{ name: "old" }]);
    await primary.write("UPDATE items SET name = 'behind its back'");
    expect(await cached.read(sql, [], { tags })).toEqual([{ name: "old" }]);
    await rename("new");
    expect(await cached.read(sql, [], { tags })).toEqual([{ name: "new" }]);
    expect(cache.stats().hitRatio).toBeCloseTo(1 / 3);
  });

  test("an answer that was read before a write and came after it is not kept", async () => {
    const slow = "SELECT name FROM items, pg_sleep(0.5) WHERE id = 1";
    const reading = cached.read(slow, [], { tags });
    const begun = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.5)%' AND pid <> pg_backend_pid()";
    while ((await primary.read(begun)).length === 0);
    await rename("new");
    expect(await reading).toEqual([{ name: "old" }]);
    expect(await cached.read(slow, [], { tags })).toEqual([{ name: "new" }]);
  });

  test("a replica that lags does not put an old answer back", async () => {
    const control = poolOf(replica);
    await cached.read(sql, [], { tags });
    await control.read("SELECT pg_wal_replay_pause()::text");
    try {
      await rename("new");
      expect(await cached.read(sql, [], { tags })).toEqual([{ name: "new" }]);
    } finally {
      await control.read("SELECT pg_wal_replay_resume()::text");
      await control.close();
    }
  });

  test("a failed query is not kept either", async () => {
    const wrong = "SELECT nothing FROM items";
    await expect(cached.read(wrong, [], { tags })).rejects.toMatchObject({ code: "database_refused" });
    await primary.write("ALTER TABLE items ADD COLUMN nothing INT");
    expect(await cached.read(wrong, [], { tags })).toEqual([{ nothing: null }]);
    expect(cached.failures.size).toBe(0);
  });
});
