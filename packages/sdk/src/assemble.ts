import { failureLog } from "@flyball/core";
import type { Flyball } from "./flyball.ts";
import { connectMiddleware } from "./http/connect.ts";
import { honoMiddleware } from "./http/hono.ts";
import { nodeListener } from "./http/node.ts";
import type { HttpServer } from "./http/server.ts";
import { cacheModelCalls } from "./middleware/cache-model-calls.ts";
import { cachedFunction } from "./middleware/cached.ts";
import { usdOf } from "./middleware/usd-of.ts";
import type { Parts } from "./parts/open.ts";
import { createRecorder } from "./record.ts";
import { withRun } from "./with-run.ts";
import { withIteration, wrapNode } from "./wrap.ts";

/** Makes of open parts what a service holds. */
export function assemble(parts: Parts, sources: Flyball["sources"]): Flyball {
  const { configuration, clock, logger, store, coordinator, checkpoints, models, cache, engine, checks, closers } =
    parts;
  const { telemetry, windows, prices, meter, metrics } = parts;
  const failures = failureLog(logger);
  const { concurrency } = configuration.engine;
  const limits = concurrency === undefined ? {} : { concurrency };
  let server: Promise<HttpServer> | undefined;

  async function serve(host: string, port: number): Promise<HttpServer> {
    // hono and its server load only where somebody listens.
    const { serveHttp } = await import("./http/server.ts");
    const serving = await serveHttp({ host, port, metrics, health: checks.report });
    closers.add("http", () => serving.close());
    return serving;
  }

  const flyball: Flyball = {
    configuration,
    sources,
    node: (name, run, options) => wrapNode(telemetry, name, run, options),
    cached: (name, run, options) => cachedFunction(cache, failures, name, run, options),
    cachedModelCalls: (options) =>
      cacheModelCalls(cache, {
        price: usdOf(prices, clock),
        onUncacheable: (error) => failures.report("cache key of a model call", error),
        clock,
        ...options,
      }),
    withRun: (description, work) => withRun(telemetry, clock, description, work),
    withIteration,
    record: createRecorder(telemetry),
    middleware: {
      hono: honoMiddleware(telemetry),
      connect: connectMiddleware(telemetry),
      node: (listener, options) => nodeListener(telemetry, listener, options),
    },
    run: (workflow, input, options) => engine.run(workflow, input, { ...limits, ...options }),
    start: (workflow, input, options) => engine.start(workflow, input, { ...limits, ...options }),
    resume: (workflow, runId, options) => engine.resume(workflow, runId, { ...limits, ...options }),
    engine,
    models,
    cache,
    telemetry,
    store,
    coordinator,
    checkpoints,
    windows,
    meter,
    logger,
    metrics,
    health: checks.report,
    listen({ host = configuration.http.host, port = configuration.http.port ?? 0 } = {}) {
      server ??= serve(host, port).catch((error) => {
        server = undefined;
        throw error;
      });
      return server;
    },
    shutdown: ({ timeoutMs = configuration.shutdown.timeoutMs } = {}) => closers.run(timeoutMs),
    [Symbol.asyncDispose]: () => flyball.shutdown(),
  };
  return flyball;
}
