import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { MetricsHandler } from "@flyball/telemetry";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { ListenError } from "../errors.ts";
import type { HealthReport } from "../health.ts";

/** A server under way. */
export interface HttpServer {
  /** For example `http://127.0.0.1:9464`. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface HttpServerOptions {
  /** Address to listen on: a loopback one unless the user asks for more. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metrics: MetricsHandler;
  readonly health: () => Promise<HealthReport>;
}

/**
 * Serves `/metrics` and `/health`, to be read only.
 * @throws ListenError when the address cannot be had.
 */
export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const app = new Hono();
  app.get("/metrics", async (context) => {
    const { body, contentType } = await options.metrics({ accept: context.req.header("accept") });
    return context.body(body, 200, { "content-type": contentType });
  });
  // Liveness: 200 as long as the process answers. A provider that is down must not have the process restarted.
  app.get("/health", async (context) => context.json(await options.health()));
  app.notFound((context) => context.json({ error: "not found", paths: ["/metrics", "/health"] }, 404));

  const server = createAdaptorServer({ fetch: app.fetch });
  try {
    server.listen(options.port, options.host);
    await once(server, "listening");
  } catch (error) {
    throw new ListenError(options.host, options.port, error);
  }
  const { address, family, port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      // A scraper's kept-alive connection would hold the process for its idle timeout.
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}
