import { type Clock, toError, withDeadline } from "@flyball/core";
import type { RedisClientType } from "@redis/client";
import { CheckpointError } from "../errors.ts";
import { hold, release } from "../run/hold.ts";

export interface RedisConnectionOptions {
  readonly url: string;
  /** Longest time of one operation, connecting included, milliseconds. */
  readonly timeoutMs: number;
  /** After a failure operations are refused at once for so long, milliseconds. */
  readonly restMs: number;
  readonly clock: Clock;
}

/**
 * A connection that is made when it is needed and thrown away when an operation does not end in time: commands queued
 * in a client whose server hangs would stay there for as long as it does.
 */
export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #host: string;
  #client: Promise<RedisClientType> | undefined;
  #restUntil = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.#host = new URL(options.url).host;
  }

  /** Rejects with a CheckpointError by the deadline at the latest; Redis may then still carry the operation out. */
  async run<T>(what: string, operation: (client: RedisClientType) => Promise<T>): Promise<T> {
    const { clock, timeoutMs, restMs } = this.#options;
    if (clock.monotonic() < this.#restUntil) throw this.#error(what, "it did not answer a moment ago");
    // Loading the library is this process's work, and no reason to give Redis up.
    const library = await import("@redis/client");
    if (this.#closed) throw this.#error(what, "the connection is closed");
    hold();
    const client = this.#connect(library);
    try {
      return await withDeadline(client.then(operation), timeoutMs, what, clock);
    } catch (error) {
      // A refusal is an answer: the connection works.
      if (!(error instanceof library.ErrorReply)) {
        this.#drop(client);
        this.#restUntil = clock.monotonic() + restMs;
      }
      throw this.#error(what, toError(error).message, error);
    } finally {
      release();
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#client) this.#drop(this.#client);
  }

  #connect({ createClient }: typeof import("@redis/client")): Promise<RedisClientType> {
    if (this.#client) return this.#client;
    const { url, timeoutMs } = this.#options;
    const socket = { connectTimeout: timeoutMs, reconnectStrategy: false } as const;
    const client = createClient({ url, socket, maintNotifications: "disabled" }) as RedisClientType;
    client.unref();
    const connecting = client.connect();
    // Without a listener an error event ends the process.
    client.on("error", () => this.#drop(connecting));
    this.#client = connecting;
    return connecting;
  }

  #drop(client: Promise<RedisClientType>): void {
    if (this.#client === client) this.#client = undefined;
    client.then(
      (opened) => opened.isOpen && opened.destroy(),
      () => undefined,
    );
  }

  #error(what: string, why: string, cause?: unknown): CheckpointError {
    return new CheckpointError(this.#host, `Redis at ${this.#host} failed at ${what}: ${why}`, cause);
  }
}
