import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type PostgresService, startPostgres } from "../../../test/services/postgres.ts";
import { createPostgresPool, type Pool, type PostgresPoolOptions } from "../src/index.ts";
import { poolOf } from "./fixtures/postgres.ts";
import { rejection, until } from "./fixtures/until.ts";
import { type Harness, poolConformance } from "./pool-conformance.ts";

const slow = "SELECT pg_sleep(600)::text AS done";

describe.skipIf(!available("postgres"))("PostgreSQL", () => {
  let service: PostgresService;
  beforeAll(async () => {
    service = await startPostgres();
  });
  afterAll(() => service?.stop());

  poolConformance("PostgreSQL", async (): Promise<Harness> => {
    return {
      slow,
      serial: "SERIAL PRIMARY KEY",
      open: async (options) => {
        const pool = poolOf(service, { most: 1, ...options });
        await pool.write("DROP TABLE IF EXISTS items");
        return pool;
      },
      close: async () => {},
    };
  });

  describe("what only PostgreSQL does", () => {
    let watcher: Pool;
    const pools: Pool[] = [];
    beforeAll(() => {
      watcher = poolOf(service, { applicationName: "watcher", most: 1 });
    });
    beforeEach(async () => {
      await watcher.write("DROP TABLE IF EXISTS items");
      await watcher.write("CREATE TABLE items(id INT PRIMARY KEY, amount INT)");
      return async () => {
        await Promise.all(pools.splice(0).map((pool) => pool.close()));
      };
    });
    afterAll(() => watcher.close());

    function open(options: PostgresPoolOptions = {}): Pool {
      const pool = poolOf(service, options);
      pools.push(pool);
      return pool;
    }
    async function backends(state: string): Promise<number> {
      const sql =
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'flyball' AND state LIKE $1";
      return (await watcher.read<{ n: number }>(sql, [state]))[0]?.n ?? 0;
    }

    test("a statement given up is stopped on the server too, and its connection kept", async () => {
      const pool = open({ most: 1 });
      const [before] = await pool.read("SELECT pg_backend_pid() AS id");
      const refused = rejection(pool.read(slow, [], { timeoutMs: 100 }));
      await until(async () => (await backends("active")) === 1);
      expect(await refused).toMatchObject({ code: "timeout" });
      await until(async () => (await backends("active")) === 0);
      expect(await pool.read("SELECT pg_backend_pid() AS id")).toEqual([before]);
    });

    test("a cancel that comes too late never hits the next caller", async () => {
      const pool = open({ most: 1 });
      for (let round = 0; round < 40; round++) {
        // Aborted at about the moment at which the answer comes, so that the cancel request may cross it.
        const controller = new AbortController();
        const first = pool.read("SELECT pg_sleep(0.002)", [], { signal: controller.signal }).catch(() => {});
        setTimeout(() => controller.abort(), round % 5);
        await first;
        expect(await pool.read("SELECT pg_sleep(0.002)::text AS done")).toHaveLength(1);
      }
    });

    test("callers who leave at random moments never mix answers up, leak a place or a connection", async () => {
      const pool = open({ most: 4, acquireTimeoutMs: 10_000 });
      let random = 7;
      const next = (below: number): number => {
        random = (random * 48_271) % 0x7fffffff;
        return random % below;
      };
      const endings = { answered: 0, left: 0 };
      await Promise.all(
        Array.from({ length: 400 }, async (_, id) => {
          const controller = new AbortController();
          const timer = next(2) === 0 ? setTimeout(() => controller.abort(), next(400)) : undefined;
          const { signal } = controller;
          const sql = "SELECT $1::int AS id, pg_sleep($2::float / 1000) AS slept";
          const asked = [id, next(6)];
          try {
            const rows =
              next(4) === 0
                ? await pool.transaction((transaction) => transaction.read(sql, asked), { signal })
                : await pool.read(sql, asked, { signal });
            expect(rows[0]?.id).toBe(id);
            endings.answered++;
          } catch (error) {
            expect(String(error)).toContain("was cancelled");
            endings.left++;
          } finally {
            clearTimeout(timer);
          }
        }),
      );
      expect(endings.answered).toBeGreaterThan(100);
      expect(endings.left).toBeGreaterThan(20);
      await until(() => pool.stats().inUse === 0);
      expect(pool.stats()).toMatchObject({ inUse: 0, waiting: 0, refused: 0 });
      const rows = await Promise.all([1, 2, 3, 4].map(() => pool.read("SELECT 1 AS one")));
      expect(rows).toEqual([1, 2, 3, 4].map(() => [{ one: 1 }]));
      await until(async () => (await backends("%")) <= 4);
    });

    test("connections are made when they are needed, up to the most, and used again", async () => {
      const pool = open({ most: 3 });
      const ids = await Promise.all(
        Array.from({ length: 12 }, () => pool.read<{ id: number }>("SELECT pg_backend_pid() AS id, pg_sleep(0.01)")),
      );
      expect(new Set(ids.map(([row]) => row?.id)).size).toBe(3);
      expect(await backends("%")).toBe(3);
    });

    test("a failed statement whose failure the work ignores does not pass for a commit", async () => {
      const pool = open();
      const ignored = pool.transaction(async (transaction) => {
        await transaction.write("INSERT INTO items VALUES (1)");
        await transaction.read("SELECT * FROM nowhere").catch(() => {});
      });
      expect(await rejection(ignored)).toMatchObject({ code: "database_refused" });
      expect(await pool.read("SELECT * FROM items")).toEqual([]);
    });

    test("serializable transactions that cannot be put in order are a conflict", async () => {
      const pool = open();
      await pool.write("INSERT INTO items VALUES (1, 0), (2, 0)");
      const ready = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
      const crossing = (mine: 0 | 1): Promise<unknown> =>
        pool.transaction(
          async (transaction) => {
            await transaction.read("SELECT sum(amount) FROM items");
            ready[mine].resolve();
            await ready[mine === 0 ? 1 : 0].promise;
            await transaction.write("UPDATE items SET amount = 1 WHERE id = $1", [mine + 1]);
          },
          { isolation: "serializable" },
        );
      const results = await Promise.allSettled([crossing(0), crossing(1)]);
      const [failed] = results.filter((result) => result.status === "rejected");
      expect(failed?.reason).toMatchObject({ code: "database_conflict", retryable: true });
    });

    test("a server without a connection left says so, and serves again", async () => {
      const hungry = open({ most: 60, queueMost: 100 });
      const answers = await Promise.allSettled(
        Array.from({ length: 60 }, () => hungry.read("SELECT pg_sleep(0.3)", [], { timeoutMs: 20_000 })),
      );
      const refused = answers.filter((answer) => answer.status === "rejected");
      // The user is a superuser, so the reserved connections are open to it: 40 in all, and the watcher has one.
      expect(refused.length).toBeGreaterThan(0);
      for (const { reason } of refused)
        expect(reason).toMatchObject({ code: "database_too_many_connections", retryable: true });
      expect(await hungry.read("SELECT 1 AS one")).toEqual([{ one: 1 }]);
      expect(hungry.stats()).toMatchObject({ inUse: 0, waiting: 0 });
    });

    test("a transaction whose connection dies says that nobody knows, and leaves nothing", async () => {
      const pool = open({ most: 1 });
      const dying = pool.transaction(async (transaction) => {
        await transaction.write("INSERT INTO items VALUES (1)");
        const [row] = await transaction.read<{ id: number }>("SELECT pg_backend_pid() AS id");
        await watcher.read("SELECT pg_terminate_backend($1)", [row?.id ?? 0]);
        // Told between two statements, where nobody waits for it: it must not end the process.
        await until(async () => (await backends("%")) === 0);
        await new Promise((resolve) => setImmediate(resolve));
        await transaction.write("INSERT INTO items VALUES (2)");
      });
      expect(await rejection(dying)).toMatchObject({ code: "database_connection_lost", retryable: false });
      expect(await pool.read("SELECT * FROM items")).toEqual([]);
      expect(pool.stats().inUse).toBe(0);
    });

    test("a constraint is named", async () => {
      const pool = open();
      await pool.write("INSERT INTO items VALUES (1, 0)");
      const twice = await rejection(pool.write("INSERT INTO items VALUES (1, 0)"));
      expect(twice).toMatchObject({ code: "database_constraint", constraint: "items_pkey", engineCode: "23505" });
      const value = await rejection(pool.read("SELECT $1::int", ["a secret"]));
      expect(value).toMatchObject({ code: "database_value_refused" });
      expect(value.message).not.toContain("secret");
    });
  });

  describe("a server in trouble", () => {
    let pool: Pool;
    beforeEach(() => {
      pool = poolOf(service, { most: 4, acquireTimeoutMs: 300, graceMs: 100 });
      return () => pool.close();
    });

    test("that is gone midway: what runs is told, what follows cannot reach it, and all is well once it is back", async () => {
      const running = rejection(pool.read(slow));
      const seen = "SELECT 1 FROM pg_stat_activity WHERE query = $1 AND state = 'active'";
      await until(async () => (await pool.read(seen, [slow])).length === 1);
      await service.kill();
      expect(await running).toMatchObject({ code: "database_connection_lost" });
      // An idle connection may have died unseen: only then is a statement the first to notice.
      await until(async () => (await rejection(pool.read("SELECT 1"))).code === "database_unreachable");
      expect(pool.stats()).toMatchObject({ inUse: 0, waiting: 0 });
      await service.restart();
      expect(await pool.read("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    });

    test("that hangs: nobody waits longer than agreed, also for a new connection, and all is well once it wakes", async () => {
      await pool.read("SELECT 1");
      service.hang();
      try {
        const began = performance.now();
        const answers = await Promise.allSettled(
          Array.from({ length: 12 }, () => pool.read("SELECT 1", [], { timeoutMs: 400 })),
        );
        expect(performance.now() - began).toBeLessThan(3_000);
        const codes = answers.map((answer) => (answer.status === "rejected" ? answer.reason.code : "answered"));
        const agreed = ["timeout", "database_unreachable", "database_overloaded"];
        expect(codes.filter((code) => !agreed.includes(code))).toEqual([]);
        await until(() => pool.stats().inUse === 0);
      } finally {
        service.wake();
      }
      await until(async () => (await pool.read("SELECT 1 AS one").catch(() => [])).length === 1);
    });

    test("that is not there: refused at once, without the password in the message", async () => {
      await service.kill();
      const { port } = service;
      const url = `postgres://someone:hunter2@127.0.0.1:${port}/test`;
      const other = createPostgresPool({ url });
      const refused = await rejection(other.read("SELECT 1"));
      expect(refused).toMatchObject({ code: "database_unreachable", retryable: true });
      expect(JSON.stringify({ ...refused, message: refused.message })).not.toContain("hunter2");
      expect(other.identity).toBe(`someone@127.0.0.1:${port}/test`);
      await other.close();
      await service.restart();
    });
  });
});

test("options that cannot be are refused, naming the option", () => {
  expect(() => createPostgresPool({})).toThrow("database: expected a `url` or a `host`");
  expect(() => createPostgresPool({ host: "a", most: 0 })).toThrow("database.most");
  expect(() => createPostgresPool({ url: "mysql://user:hunter2@host/db" })).toThrow(/database\.url(?!.*hunter2)/);
});
