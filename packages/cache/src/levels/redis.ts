import { ConfigurationError } from "@flyball/core";
import type { RedisClientType } from "@redis/client";
import { positive } from "./arguments.ts";
import { byteLevel } from "./byte-level.ts";
import type { ByteStore } from "./byte-store.ts";
import { createGuard, type Guard } from "./guard.ts";
import { gigabyte, hour, type LevelFactory, megabyte } from "./level-context.ts";
import { type RedisConnection, type RedisStore, redisConnection } from "./redis-connection.ts";
import { redisRoom } from "./redis-room.ts";

export interface RedisLevelOptions {
  /** `redis://` or `rediss://`, with credentials and database number if need be. */
  readonly url: string;
  /** Default `redis`. */
  readonly name?: string;
  /** Before every key, so that several installations share one Redis. Default `flyball:cache:`. */
  readonly keyPrefix?: string;
  /** Longest time an entry is kept as fresh, milliseconds. Default one hour. */
  readonly ttlMs?: number;
  /** While Redis uses more memory than this, for whatever reason, nothing is written. Default 1 GB. */
  readonly maxBytes?: number;
  /** Largest single entry, encoded, bytes. Default 8 MB. */
  readonly maxEntryBytes?: number;
  /** Longest time of one operation, milliseconds. One that takes longer means that Redis hangs. Default 50. */
  readonly deadlineMs?: number;
  /** Longest time of one attempt to connect, in the background, milliseconds. Default 1,000. */
  readonly connectTimeoutMs?: number;
  /** Most operations at once; more are refused. Default 10,000. */
  readonly maxPending?: number;
}

/**
 * Entries in Redis, for all processes. It need not be there at the start. An operation ends within the deadline;
 * after one that did not, all fail at once until a probe in the background has succeeded.
 */
export function redisLevel(options: RedisLevelOptions): LevelFactory {
  const { name = "redis", keyPrefix = "flyball:cache:", maxPending = 10_000 } = options;
  const url = checkedUrl(options.url);
  const deadlineMs = positive("redis.deadlineMs", options.deadlineMs ?? 50);
  const connectTimeoutMs = positive("redis.connectTimeoutMs", options.connectTimeoutMs ?? 1_000);
  const maxBytes = positive("redis.maxBytes", options.maxBytes ?? gigabyte);
  const limits = { ttlMs: options.ttlMs ?? hour, maxEntryBytes: options.maxEntryBytes ?? 8 * megabyte };
  return ({ clock, failures }) => {
    const connection = redisConnection({
      url,
      connectTimeoutMs,
      maxPending,
      clock,
      onLost: (error) => guard.trip(error),
    });
    const guard = createGuard({
      name: `Redis at ${new URL(url).host}`,
      deadlineMs,
      probeDeadlineMs: connectTimeoutMs,
      maxPending,
      tripAfter: 1,
      isUnwell: (error) => !isRefusal(error),
      probe: async () => (await connection.connect()).client.ping(),
      onOpen: (error) => {
        failures.report(`cache level ${name}`, error);
        connection.drop();
      },
      clock,
    });
    // The first look-up finds it connected, and a Redis that is not there is found out before anybody waits for it.
    connection.connect().catch((error) => guard.trip(error));
    const store = redisStore(connection, guard, keyPrefix, redisRoom({ maxBytes, clock }));
    return byteLevel(store, { name, scope: "shared", ...limits });
  };
}

function redisStore(
  connection: RedisConnection,
  guard: Guard,
  keyPrefix: string,
  room: ReturnType<typeof redisRoom>,
): ByteStore {
  const on = <T>(operation: (store: RedisStore) => Promise<T>): Promise<T> =>
    guard.run(() => (connection.store ? operation(connection.store) : connection.connect().then(operation)));
  let refused = 0;

  return {
    get available() {
      return guard.available;
    },
    // A reply was lost, and all that come after it are out of step: only a new connection helps.
    distrust: () => guard.trip(new Error("a reply to another question")),
    get: (key) => on((store) => store.get<Uint8Array>(keyPrefix + key)),
    async set(key, bytes, ttlMs) {
      try {
        // The store's type knows text only; the client below it takes bytes as well.
        if (await room.there(() => on((store) => (store.client as RedisClientType).info("memory")))) {
          return await on((store) => store.set(keyPrefix + key, bytes as unknown as string, ttlMs));
        }
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
        room.full();
      }
      refused++;
      // What is there is older, and must not outlive its successor; deleting works in a full Redis, too.
      await on((store) => store.delete(keyPrefix + key));
    },
    async delete(key) {
      await on((store) => store.delete(keyPrefix + key));
    },
    async clear(prefix) {
      const match = `${escapeGlob(keyPrefix + prefix)}*`;
      let cursor = "0";
      do {
        // One step an operation: the whole of a large Redis takes longer than any deadline.
        cursor = await on((store) => clearStep(store.client as RedisClientType, cursor, match));
      } while (cursor !== "0");
    },
    usage: () => ({ refused }),
    async close() {
      guard.close();
      connection.drop();
    },
  };
}

async function clearStep(client: RedisClientType, cursor: string, match: string): Promise<string> {
  const { cursor: next, keys } = await client.scan(cursor, { MATCH: match, COUNT: 1_000 });
  if (keys.length > 0) await client.unlink(keys);
  return String(next);
}

function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, "\\$&");
}

/** Redis answered, and refused: the connection is well. While it loads or has no master it is not. */
function isRefusal(error: Error): boolean {
  return /^(OOM|ERR|WRONGTYPE|NOPERM|MISCONF|READONLY|NOSCRIPT|BUSYKEY) /.test(error.message);
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("OOM ");
}

function checkedUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === "redis:" || parsed?.protocol === "rediss:") return url;
  // What was received may hold a password in an unexpected place, so only its scheme is repeated.
  throw new ConfigurationError(
    "redis.url",
    `${url.split(":")[0]?.slice(0, 20)}:…`,
    "a URL such as redis://localhost:6379",
  );
}
