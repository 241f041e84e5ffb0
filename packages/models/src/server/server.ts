import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CancelledError, type Clock, ConfigurationError, type Logger, silentLogger, systemClock } from "@flyball/core";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { createModelClient } from "../client.ts";
import type { ModelClient, Provider } from "../types.ts";
import { createApp } from "./app.ts";

export interface ModelServerOptions {
  /** What answers: a client, with its telemetry and middleware … */
  readonly client?: ModelClient;
  /** … or a bare provider. */
  readonly provider?: Provider;
  /** What `/v1/models` lists. Default: nothing. */
  readonly models?: readonly string[];
  /** When given, requests under `/v1` need it as their bearer token. Default: none is asked for. */
  readonly token?: string;
  /** Largest request body, bytes. Default 4 MiB. */
  readonly bodyLimitBytes?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** An OpenAI-compatible server: chat completions, embeddings, models, health. */
export interface ModelServer {
  /** The routes, to mount elsewhere. */
  readonly app: Hono;
  /** Listens, by default on 127.0.0.1 and on a port of the system's choice. */
  listen(options?: {
    readonly port?: number;
    readonly host?: string;
  }): Promise<{ readonly url: string; readonly port: number }>;
  /** Takes no more requests, waits up to `graceMs` (default 5,000) for those under way, then ends them. */
  close(graceMs?: number): Promise<void>;
}

/** Puts any provider behind OpenAI's HTTP API. The provider stays its owner's: closing the server does not close it. */
export function createModelServer(options: ModelServerOptions): ModelServer {
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silentLogger;
  const client = options.client ?? (options.provider && createModelClient({ provider: options.provider, clock }));
  if (!client) throw new ConfigurationError("client", undefined, "a client or a provider");
  const shutdown = new AbortController();
  const app = createApp({
    client,
    clock,
    models: options.models ?? [],
    token: options.token,
    bodyLimitBytes: options.bodyLimitBytes ?? 4 * 1024 * 1024,
    shutdown: shutdown.signal,
    onError: (error) => logger.error({ err: error }, "a model request failed"),
  });
  let server: Server | undefined;

  return {
    app,
    async listen({ port = 0, host = "127.0.0.1" } = {}) {
      if (server) throw new Error("this server listens already");
      const listening = createAdaptorServer({ fetch: app.fetch }) as Server;
      await new Promise<void>((resolve, reject) => {
        listening.once("error", reject);
        listening.listen(port, host, resolve);
      });
      server = listening;
      const address = listening.address() as AddressInfo;
      const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
      return { url: `http://${shown}:${address.port}`, port: address.port };
    },
    async close(graceMs = 5000) {
      const closing = server;
      if (!closing?.listening) return;
      const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
      closing.closeIdleConnections();
      const timer = clock.after(graceMs, () => {
        shutdown.abort(new CancelledError("the server", "it shut down"));
        closing.closeAllConnections();
      });
      await closed;
      timer.cancel();
    },
  };
}
