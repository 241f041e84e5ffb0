import {
  type Clock,
  type FailureLog,
  FlyballError,
  TimeoutError,
  type Timer,
  toError,
  withDeadline,
} from "@flyball/core";
import type { RedisClientType } from "@redis/client";
import { CoordinatorUnavailableError, StorageError } from "../errors.ts";
import { keepingAlive } from "../keep-alive.ts";

export interface RedisLinkOptions {
  readonly url: string;
  /** Longest time of one operation, and of one attempt to connect, milliseconds. */
  readonly timeoutMs: number;
  /** Most operations at once; more are refused. */
  readonly maxPending: number;
  readonly clock: Clock;
  readonly failures: FailureLog;
  /** Called on every new connection before it is used. */
  readonly onConnect?: (client: RedisClientType) => Promise<void>;
}

/** One connection to Redis that heals by itself, and whose operations end by a deadline whatever Redis does. */
export interface RedisLink {
  /**
   * Rejects with a TimeoutError when Redis did not answer in time; with a CoordinatorUnavailableError when there was
   * no connection to send it on, the connection broke or was given up for not answering, or Redis refused. Except
   * where there was no connection, Redis may still carry it out.
   */
  run<T>(what: string, operation: (client: RedisClientType) => Promise<T>): Promise<T>;
  close(): void;
}

const firstRetryMs = 50;
const longestRetryMs = 2_000;

/*
 * The client's own reconnecting and timeouts are switched off: its command timeout leaves commands in flight for
 * seconds when Redis hangs, and its socket timeout is put off by every write to the hung socket. Here a connection
 * that does not answer in time is thrown away with all that waits on it, and a new one is made.
 */
export function redisLink(options: RedisLinkOptions): RedisLink {
  const { url, timeoutMs, maxPending, clock, failures, onConnect } = options;
  const host = new URL(url).host;
  // Loaded only by those who use Redis, and from now on, so that the first operation's time is not spent on it.
  const library = import("@redis/client");
  library.catch(() => {});
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
      commandsQueueMaxLength: maxPending * 2,
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
    new StorageError("coordinator_closed", "The coordinator is closed", { subject: host });
  const unavailable = (cause: unknown): CoordinatorUnavailableError =>
    new CoordinatorUnavailableError(`Redis at ${host} is not available${cause ? `: ${toError(cause).message}` : ""}`, {
      subject: host,
      cause,
    });

  return {
    async run(what, operation) {
      if (closed) throw closedError();
      if (pending >= maxPending) throw unavailable(new Error(`${pending} operations wait already`));
      pending++;
      let used: RedisClientType | undefined;
      let late = false;
      const work = connected().then((ready) => {
        // Nothing is sent for a caller who has given up.
        if (late) throw new TimeoutError(what, timeoutMs);
        used = ready;
        return operation(ready);
      });
      try {
        const value = await keepingAlive(withDeadline(work, timeoutMs, what, clock));
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
