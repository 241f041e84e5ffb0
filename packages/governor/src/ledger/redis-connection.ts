import { type Clock, toError, withDeadline } from "@flyball/core";
import type { RedisClientType } from "@redis/client";
import { LedgerError } from "../errors.ts";

/** One connection, made at the first use and again after it broke. Every operation ends within the deadline. */
export interface RedisConnection {
  /** @throws LedgerError; the operation may have been carried out all the same. */
  run<T>(what: string, operation: (client: RedisClientType) => Promise<T>): Promise<T>;
  close(): void;
}

/*
 * The client's own reconnecting is off: its commands would wait in flight when Redis hangs. A connection that does not
 * answer in time is thrown away, and the next operation makes a new one; operations come once a second, so no backoff.
 */
export function redisConnection(url: string, timeoutMs: number, clock: Clock): RedisConnection {
  const host = new URL(url).host;
  let client: Promise<RedisClientType> | undefined;
  let closed = false;

  async function connect(): Promise<RedisClientType> {
    const { createClient } = await import("@redis/client");
    const fresh = createClient({
      url,
      disableOfflineQueue: true,
      maintNotifications: "disabled",
      socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
    }) as RedisClientType;
    fresh.unref();
    fresh.on("error", () => discard(fresh));
    try {
      await withDeadline(fresh.connect(), timeoutMs, `connecting to Redis at ${host}`, clock);
      return fresh;
    } catch (error) {
      destroy(fresh);
      throw error;
    }
  }

  function discard(broken: RedisClientType): void {
    client = undefined;
    destroy(broken);
  }

  return {
    async run(what, operation) {
      if (closed) throw new LedgerError("it is closed", { subject: host });
      client ??= connect();
      const connecting = client;
      let used: RedisClientType | undefined;
      // Neither the connection nor the clock keeps a process alive; an answer that is awaited does.
      const alive = setInterval(() => {}, 2 ** 30);
      try {
        used = await connecting;
        return await withDeadline(operation(used), timeoutMs, what, clock);
      } catch (cause) {
        if (client === connecting) client = undefined;
        if (used) destroy(used);
        throw new LedgerError(`${what} failed: ${toError(cause).message}`, { subject: host, cause });
      } finally {
        clearInterval(alive);
      }
    },
    close() {
      closed = true;
      void client?.then(destroy, () => {});
      client = undefined;
    },
  };
}

function destroy(client: RedisClientType): void {
  try {
    client.destroy();
  } catch {
    // It had ended by itself.
  }
}
