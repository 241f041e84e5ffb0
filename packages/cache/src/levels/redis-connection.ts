import { type Clock, withDeadline } from "@flyball/core";
import type KeyvRedis from "@keyv/redis";
import type { RedisClientType } from "@redis/client";

export type RedisStore = KeyvRedis<Uint8Array>;

export interface RedisConnectionOptions {
  readonly url: string;
  /** Longest time of one attempt to connect, milliseconds. */
  readonly connectTimeoutMs: number;
  readonly maxPending: number;
  /** Told when a connection that was in use broke. */
  readonly onLost: (error: Error) => void;
  readonly clock: Clock;
}

/** A keyv store over one connection to Redis, both thrown away and made anew whenever they do not work. */
export interface RedisConnection {
  /** The store if it is connected. */
  readonly store: RedisStore | undefined;
  /** Resolves when connected, at once if it is; one attempt is made for all who ask meanwhile. */
  connect(): Promise<RedisStore>;
  /** Ends the connection, and with it everything that waits on it. */
  drop(): void;
}

/*
 * The client's own reconnecting and timeouts are off. Its command timeout leaves commands in flight for seconds when
 * Redis hangs; a connection that is thrown away rejects all of them at once.
 */
export function redisConnection(options: RedisConnectionOptions): RedisConnection {
  const { url, connectTimeoutMs, maxPending, onLost, clock } = options;
  let client: RedisClientType | undefined;
  let store: RedisStore | undefined;
  let connecting: Promise<RedisStore> | undefined;

  async function open(): Promise<RedisStore> {
    const [{ createClient, RESP_TYPES }, { default: Store }] = await Promise.all([
      import("@redis/client"),
      import("@keyv/redis"),
    ]);
    const fresh = createClient({
      url,
      disableOfflineQueue: true,
      commandsQueueMaxLength: maxPending * 2,
      maintNotifications: "disabled",
      socket: { connectTimeout: connectTimeoutMs, reconnectStrategy: false },
    }) as RedisClientType;
    fresh.unref();
    // Without a listener an error event ends the process.
    fresh.on("error", (error: Error) => lose(fresh, error));
    client = fresh;
    try {
      await withDeadline(fresh.connect(), connectTimeoutMs, "connecting to Redis", clock);
    } catch (error) {
      discard(fresh);
      throw error;
    }
    if (client !== fresh) throw new Error("the connection was given up");
    // Replies stay bytes: text would be decoded, and then decoded again.
    const bytes = fresh.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    store = new Store<Uint8Array>(bytes as unknown as RedisClientType, {
      throwOnErrors: true,
      throwOnConnectError: true,
    });
    // The store repeats every error as an event, and an event that nobody hears is thrown.
    store.on("error", () => {});
    return store;
  }

  function lose(broken: RedisClientType, error: Error): void {
    if (broken !== client) return;
    const inUse = store !== undefined;
    drop();
    if (inUse) onLost(error);
  }

  function drop(): void {
    const ending = client;
    client = undefined;
    store = undefined;
    connecting = undefined;
    if (ending) discard(ending);
  }

  return {
    get store() {
      return store;
    },
    connect() {
      if (store) return Promise.resolve(store);
      if (connecting) return connecting;
      const attempt = open();
      connecting = attempt;
      attempt.catch(() => {
        if (connecting === attempt) connecting = undefined;
      });
      return attempt;
    },
    drop,
  };
}

function discard(client: RedisClientType): void {
  try {
    client.destroy();
  } catch {
    // It had ended by itself.
  }
}
