import { ConfigurationError, fakeClock } from "@flyball/core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type RedisService, startRedis } from "../../../test/services/redis.ts";
import {
  CoordinatorUnavailableError,
  createRedisLink,
  type RedisClientType,
  type RedisLink,
  type RedisLinkOptions,
} from "../src/index.ts";

// Loads the real library, once the gate is open.
const gate = vi.hoisted(() => Promise.withResolvers<void>());
vi.mock("@redis/client", async (load) => {
  await gate.promise;
  return load();
});

const ping = (client: RedisClientType): Promise<string> => client.ping();

describe.skipIf(!available("redis-server"))("a link to Redis", () => {
  let redis: RedisService;
  const opened: RedisLink[] = [];
  const open = (options: Partial<RedisLinkOptions> = {}): RedisLink => {
    const link = createRedisLink({ url: redis.url, timeoutMs: 10_000, ...options });
    opened.push(link);
    return link;
  };
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(() => {
    for (const link of opened.splice(0)) link.close();
  });
  afterAll(() => redis.stop());

  test("does not blame Redis when its library takes long to load", async () => {
    const clock = fakeClock();
    const answer = open({ clock, timeoutMs: 100 }).run("asking", ping);
    await clock.advance(1_000);
    gate.resolve();
    expect(await answer).toBe("PONG");
  });

  test("needs nothing but an address", async () => {
    const link = createRedisLink({ url: redis.url });
    opened.push(link);
    // The default deadline may be short on a busy machine.
    await expect.poll(() => link.run("asking", ping).catch(String), { timeout: 10_000 }).toBe("PONG");
  });

  test("lets one operation send many commands: its bound counts operations", async () => {
    const link = open({ maxPending: 1 });
    const answers = await link.run("asking often", async (client) => {
      const pings = Array.from({ length: 500 }, () => client.ping());
      return [...(await Promise.all(pings)), ...(await client.multi().ping().ping().ping().exec())];
    });
    expect(answers).toEqual(Array(503).fill("PONG"));
  });

  test("keeps its connection when Redis refuses: that is an answer", async () => {
    const link = open();
    const id = (): Promise<number> => link.run("asking", (client) => client.clientId());
    const before = await id();
    await link.run("writing", (client) => client.set("text", "x"));
    const refused = link.run("adding", (client) => client.incr("text"));
    await expect(refused).rejects.toThrow(CoordinatorUnavailableError);
    await expect(refused).rejects.toThrow(/Redis at 127\.0\.0\.1:\d+ is not available: .*not an integer/);
    expect(await id()).toBe(before);
  });

  test("prepares every new connection before it is used, and only then runs what waits", async () => {
    const seen: string[] = [];
    const link = open({
      onConnect: async (client) => {
        seen.push(`prepared: ${await client.ping()}`);
      },
    });
    const use = () => link.run("asking", async () => void seen.push("used"));
    await Promise.all([use(), use()]);
    expect(seen).toEqual(["prepared: PONG", "used", "used"]);
  });

  test("says that it is closed", async () => {
    const link = open();
    link.close();
    await expect(link.run("asking", ping)).rejects.toMatchObject({
      code: "coordinator_closed",
      message: `The connection to Redis at 127.0.0.1:${redis.port} is closed`,
    });
  });
});

test.each([
  ["url", { url: "http://user:secret@host" }],
  ["timeoutMs", { timeoutMs: 0 }],
  ["timeoutMs", { timeoutMs: Number.NaN }],
  ["maxPending", { maxPending: -1 }],
])("a wrong %s is refused: %j", (path, options) => {
  const create = () => createRedisLink({ url: "redis://localhost", ...options });
  expect(create).toThrow(ConfigurationError);
  expect(create).toThrow(`${path}: expected`);
  expect(create).not.toThrow("secret");
});
