import {
  type Clock,
  ConfigurationError,
  type FailureLog,
  FlyballError,
  failureLog,
  silentLogger,
  systemClock,
  TimeoutError,
  type Timer,
  toError,
  withDeadline,
} from "@flyball/core";
import type { RedisClientType } from "@redis/client";
import { CoordinatorUnavailableError, StorageError } from "../errors.ts";
import { keepingAlive } from "../keep-alive.ts";
import { checkedRedisUrl } from "./redis-url.ts";

export interface RedisLinkOptions {
  /** `redis://` or `rediss://`, with credentials and database number if need be. */
  readonly url: string;
  /** Longest time of one operation, and of one attempt to connect, milliseconds. Default 1,000. */
  readonly timeoutMs?: number;
  /** Most operations at once; more are refused. Default 1,000. */
  readonly maxPending?: number;
  readonly clock?: Clock;
  /** Is told of every connection that failed or broke, as `redis connection`. By default nobody is. */
  readonly failures?: FailureLog;
  /** Called on every new connection before it is used, for example to subscribe; has `timeoutMs` too. */
  readonly onConnect?: (client: RedisClientType) => Promise<void>;
}

/** One connection to Redis that heals by itself, and whose operations end by a deadline whatever Redis does. */
export interface RedisLink {
  /**
   * Calls `operation` with a client that is connected, and gives what it gave. It may send as many commands as it
   * likes, all within `timeoutMs`; `what` names it in errors ("reading a counter"). While it is awaited the process
   * stays alive.
   *
   * Rejects with a TimeoutError when Redis did not answer in time; with a CoordinatorUnavailableError when there was
   * no connection to send it on, the connection broke or was given up for not answering, or Redis refused; with the
   * code `coordinator_closed` after `close`. Except where there was no connection, Redis may still carry it out.
   */
  run<T>(what: string, operation: (client: RedisClientType) => Promise<T>): Promise<T>;
  /** Ends the connection now; what waits on it is rejected. */
  close(): void;
}

const firstRetryMs = 50;
const longestRetryMs = 2_000;

/*
 * The client's own reconnecting and timeouts are switched off: its command timeout leaves commands in flight for
 * seconds when Redis hangs, and its socket timeout is put off by every write to the hung socket. Here a connection
 * that does not answer in time is thrown away with all that waits on it, and a new one is made.
 */
/**
 * A connection that is made at the first use, and again by itself after every break; Redis need not be there at the
 * start. In an outage operations wait for the connection during its first `timeoutMs`, then they are refused at once
 * until Redis is back. A connection that is idle does not keep the process alive.
 * @throws ConfigurationError
 */
export function createRedisLink(options: RedisLinkOptions): RedisLink {
  const { url, timeoutMs = 1_000, maxPending = 1_000, clock = systemClock, onConnect } = options;
  const { failures = failureLog(silentLogger) } = options;
  const { host } = checkedRedisUrl(url);
  for (const [name, value] of Object.entries({ timeoutMs, maxPending })) {
    if (!(Number.isFinite(value) && value > 0)) throw new ConfigurationError(name, value, "a positive number");
  }
  // Loaded only by those who use Redis. Deadlines begin after it: that loading takes long says nothing about Redis.
  const library = import("@redis/client");
  const loaded = library.then(
    () => undefined,
    () => undefined,
  );
  let client: RedisClientType | undefined;
  let connecting: Promise<void> | undefined;
  let downSince: number | undefined;
  let lastError: Error | undefined;
  let attempts = 0;
  let pending = 0;
  let closed = false;
  let waiting: (() => void)[] = [];
  let retry: Timer | undefined;
  let heartbeat: Timer | undefined;

  async function attempt(): Promise<void> {
    const { createClient } = await library;
    const fresh = createClient({
      url,
      disableOfflineQueue: true,
      maintNotifications: "disabled",
      socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
    }) as RedisClientType;
    fresh.unref();
    fresh.on("error", (error) => lose(fresh, error));
    try {
      await withDeadline(fresh.connect(), timeoutMs, `connecting to Redis at ${host}`, clock);
      await withDeadline(onConnect?.(fresh) ?? Promise.resolve(), timeoutMs, `subscribing at Redis at ${host}`, clock);
      if (closed) throw closedError();
    } catch (error) {
      discard(fresh);
      throw error;
    }
    client = fresh;
    downSince = undefined;
  }

  function connect(): void {
    if (connecting || client || retry || closed) return;
    downSince ??= clock.monotonic();
    connecting = attempt().then(
      () => {
        connecting = undefined;
        wakeAll();
      },
      (error) => {
        connecting = undefined;
        fail(error);
      },
    );
    // A connection that only listens would not notice that the other side is gone.
    heartbeat ??= clock.every(timeoutMs * 2, beat);
  }

  function fail(thrown: unknown): void {
    lastError = toError(thrown);
    if (closed) return;
    downSince ??= clock.monotonic();
    failures.report("redis connection", lastError);
    const delay = Math.min(longestRetryMs, firstRetryMs * 2 ** attempts++);
    retry = clock.after(delay * (0.5 + Math.random() / 2), () => {
      retry = undefined;
      connect();
    });
  }

  /** The connection in use broke, or does not answer. */
  function lose(broken: RedisClientType, thrown: unknown): void {
    if (broken !== client) return;
    client = undefined;
    discard(broken);
    fail(thrown);
  }

  /** An answer came. Only that shortens the next retry: a Redis may accept connections and drop each at once. */
  function answered(): void {
    attempts = 0;
  }

  function beat(): void {
    const beating = client;
    if (!beating) return;
    withDeadline(beating.ping(), timeoutMs, `a heartbeat of Redis at ${host}`, clock).then(answered, (error) =>
      lose(beating, error),
    );
  }

  function wakeAll(): void {
    const ready = waiting;
    waiting = [];
    for (const wake of ready) wake();
  }

  async function connected(): Promise<RedisClientType> {
    while (!client) {
      if (closed) throw closedError();
      connect();
      // Within the deadline of an outage's start it may be a blink; later nobody is made to wait for it again.
      if (downSince !== undefined && clock.monotonic() - downSince > timeoutMs) throw unavailable(lastError);
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    return client;
  }

  const closedError = (): StorageError =>
    new StorageError("coordinator_closed", `The connection to Redis at ${host} is closed`, { subject: host });
  const unavailable = (cause: unknown): CoordinatorUnavailableError =>
    new CoordinatorUnavailableError(`Redis at ${host} is not available${cause ? `: ${toError(cause).message}` : ""}`, {
      subject: host,
      cause,
    });

  async function perform<T>(what: string, operation: (client: RedisClientType) => Promise<T>): Promise<T> {
    let used: RedisClientType | undefined;
    let late = false;
    const work = connected().then((ready) => {
      // Nothing is sent for a caller who has given up.
      if (late) throw new TimeoutError(what, timeoutMs);
      used = ready;
      return operation(ready);
    });
    try {
      const value = await withDeadline(work, timeoutMs, what, clock);
      answered();
      return value;
    } catch (error) {
      late = true;
      if (error instanceof TimeoutError) {
        if (!used) throw unavailable(lastError ?? error);
        lose(used, error);
      }
      if (error instanceof FlyballError) throw error;
      // A connection that was thrown away says only that it was; why is the better answer.
      throw unavailable(used && used !== client ? lastError : error);
    }
  }

  return {
    async run(what, operation) {
      if (closed) throw closedError();
      if (pending >= maxPending) throw unavailable(new Error(`${pending} operations wait already`));
      pending++;
      try {
        return await keepingAlive(loaded.then(() => perform(what, operation)));
      } finally {
        pending--;
      }
    },
    close() {
      closed = true;
      retry?.cancel();
      heartbeat?.cancel();
      if (client) discard(client);
      client = undefined;
      wakeAll();
    },
  };
}

/** Ends a connection now; what waits on it is rejected. */
function discard(client: RedisClientType): void {
  try {
    client.destroy();
  } catch {
    // It had ended by itself.
  }
}
