import { randomUUID } from "node:crypto";
import { type Clock, failureLog, type Logger, silentLogger, systemClock } from "@flyball/core";
import { createRedisLink } from "../redis/redis-link.ts";
import { wholeStep, wholeTtl } from "./arguments.ts";
import { claimScript, incrementScript, releaseScript, renewScript } from "./redis-scripts.ts";
import { subscribers } from "./subscribers.ts";
import type { Claim, Coordinator } from "./types.ts";

export interface RedisCoordinatorOptions {
  /** `redis://` or `rediss://`, with credentials and database number if need be. */
  readonly url: string;
  /** Before every key and channel, so that several installations share one Redis. Default `flyball:`. */
  readonly keyPrefix?: string;
  /** Longest time of one operation, milliseconds. Default 1,000. */
  readonly timeoutMs?: number;
  /** Most operations at once; more are refused. Default 1,000. */
  readonly maxPending?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * A coordinator for processes on several machines, through Redis. It connects at the first use and again after every
 * break, so Redis need not be there at the start. Every operation ends within `timeoutMs`; one that was refused
 * after it was sent may still have been carried out. While Redis is away, subscriptions wait and messages are lost.
 * @throws ConfigurationError when the URL is not one of Redis, or a number is not positive.
 */
export function createRedisCoordinator(options: RedisCoordinatorOptions): Coordinator {
  const { keyPrefix = "flyball:", timeoutMs = 1_000, maxPending = 1_000, clock = systemClock } = options;
  const failures = failureLog(options.logger ?? silentLogger);
  const shared = { url: options.url, timeoutMs, maxPending, clock, failures };
  const commands = createRedisLink(shared);
  const listeners = subscribers(failures);
  const channelPrefix = `${keyPrefix}channel:`;
  const deliver = (message: string, channel: string): void => {
    listeners.dispatch(channel.slice(channelPrefix.length), message);
  };
  // A connection that has subscribed may not send commands, so subscriptions have one of their own.
  const subscriptions = createRedisLink({
    ...shared,
    onConnect: async (client) => {
      const channels = listeners.channels().map((channel) => channelPrefix + channel);
      if (channels.length > 0) await client.subscribe(channels, deliver);
    },
  });

  function evaluate(what: string, script: string, keys: string[], values: (string | number)[]): Promise<unknown> {
    return commands.run(what, (client) => client.eval(script, { keys, arguments: values.map(String) }));
  }

  function claimOf(key: string, redisKey: string, token: string, fence: number): Claim {
    return {
      key,
      fence,
      renew: async (ttlMs) =>
        (await evaluate("renewing a claim", renewScript, [redisKey], [token, wholeTtl(ttlMs)])) === 1,
      release: async () => {
        await evaluate("releasing a claim", releaseScript, [redisKey], [token]);
      },
    };
  }

  return {
    async claim(key, ttlMs) {
      const redisKey = `${keyPrefix}claim:${key}`;
      const token = randomUUID();
      const fence = await evaluate("claiming", claimScript, [redisKey, `${keyPrefix}fence`], [token, wholeTtl(ttlMs)]);
      return typeof fence === "number" ? claimOf(key, redisKey, token, fence) : undefined;
    },
    async increment(key, { by = 1, ttlMs }) {
      const values = [wholeStep(by), wholeTtl(ttlMs)];
      return Number(await evaluate("incrementing a counter", incrementScript, [`${keyPrefix}counter:${key}`], values));
    },
    async counter(key) {
      return Number(
        (await commands.run("reading a counter", (client) => client.get(`${keyPrefix}counter:${key}`))) ?? 0,
      );
    },
    async publish(channel, message) {
      await commands.run("publishing", (client) => client.publish(channelPrefix + channel, message));
    },
    async subscribe(channel, onMessage) {
      const redisChannel = channelPrefix + channel;
      const remove = listeners.add(channel, onMessage);
      try {
        await subscriptions.run("subscribing", (client) => client.subscribe(redisChannel, deliver));
      } catch (error) {
        remove();
        throw error;
      }
      return async () => {
        remove();
        if (listeners.has(channel)) return;
        await subscriptions
          .run("unsubscribing", (client) => client.unsubscribe(redisChannel, deliver))
          .catch((error) => failures.report("redis unsubscribe", error));
      };
    },
    async close() {
      listeners.clear();
      commands.close();
      subscriptions.close();
    },
  };
}
