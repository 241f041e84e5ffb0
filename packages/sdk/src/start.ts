import { type Clock, failureLog, type Logger, systemClock } from "@flyball/core";
import { createEngine } from "@flyball/engine";
import type { OtelOptions } from "@flyball/otel";
import type { ConfigurationInput } from "./config/configuration.ts";
import type { Environment } from "./config/environment.ts";
import { loadConfiguration } from "./config/load.ts";
import type { Flyball } from "./flyball.ts";
import { healthChecks } from "./health.ts";
import { connectMiddleware } from "./http/connect.ts";
import { honoMiddleware } from "./http/hono.ts";
import { nodeListener } from "./http/node.ts";
import type { HttpServer } from "./http/server.ts";
import { createLogger } from "./logger.ts";
import { openCheckpoints } from "./parts/checkpoints.ts";
import { openCoordinator } from "./parts/coordinator.ts";
import { openModels } from "./parts/models.ts";
import { openEmbeddedStore } from "./parts/store.ts";
import { openTelemetry } from "./parts/telemetry.ts";
import { createRecorder } from "./record.ts";
import { createClosers } from "./shutdown.ts";
import { onStopSignal } from "./signals.ts";
import { withRun } from "./with-run.ts";
import { withIteration, wrapNode } from "./wrap.ts";

/** Settings, and what only code can give. */
export interface StartOptions extends ConfigurationInput {
  /** Default: `flyball.yaml`, `flyball.yml` or `flyball.json` in the working directory, if there is one. */
  readonly configFile?: string | undefined;
  /** Default: `process.env`. */
  readonly environment?: Environment;
  /** Default: pino, as JSON lines on stderr, from `log.level` on. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Whether `http.port` is listened on at once. Default true; a port that cannot be had is a warning. */
  readonly listen?: boolean;
  /** Shut down on SIGTERM and SIGINT, then end as the signal would have. Default false: signals are the host's. */
  readonly signals?: boolean;
  /** A prom-client registry that the service has already: its metrics are on `/metrics` too. */
  readonly registry?: NonNullable<OtelOptions["registry"]>;
  /** Register our OpenTelemetry provider for the whole process. Only for programs of our own. Default false. */
  readonly registerGlobals?: boolean;
}

/**
 * Starts Flyball: one configuration, from code, environment, file and defaults.
 * @throws ConfigurationError for a setting that is unknown or does not fit. Everything else fails open: a store that
 * cannot be opened is replaced by memory, a Redis that does not answer by this machine, each with a warning.
 */
export async function start(options: StartOptions = {}): Promise<Flyball> {
  const { configFile, environment, clock = systemClock, listen, signals, registry, registerGlobals, ...own } = options;
  const { logger: hostLogger, ...code } = own;
  const { configuration, sources } = await loadConfiguration({
    code,
    file: configFile,
    ...(environment === undefined ? {} : { environment }),
  });
  const logger = hostLogger ?? createLogger(configuration);
  const closers = createClosers(clock, failureLog(logger));
  const checks = healthChecks(configuration.service.name, clock);

  const { store, health: storeHealth } = openEmbeddedStore(configuration, clock, logger);
  closers.add("store", (timeoutMs) => store.close(timeoutMs));
  checks.add("store", storeHealth);

  const { coordinator, health: coordinatorHealth } = await openCoordinator(configuration, store, clock, logger);
  closers.add("coordinator", () => coordinator.close());
  checks.add("coordinator", coordinatorHealth);

  const { checkpoints, health: checkpointsHealth } = openCheckpoints(configuration, store, clock, logger);
  closers.add("checkpoints", () => checkpoints.close());
  checks.add("checkpoints", checkpointsHealth);

  const { telemetry, windows, meter, metrics, close } = await openTelemetry({
    configuration,
    store,
    clock,
    logger,
    registry,
    registerGlobals,
  });
  closers.add("telemetry", close);

  const { models, close: closeModels } = openModels({ configuration, telemetry, checks, clock, logger });
  closers.add("models", closeModels);

  // Who goes on with a run is agreed through the checkpoints themselves, which fall back when Redis is gone.
  const engine = createEngine({ telemetry, checkpoints, clock, logger });
  // Half, so that a run that does not end leaves time to write out what is known of it.
  closers.add("runs", (timeoutMs) => engine.close(timeoutMs / 2));

  const { concurrency } = configuration.engine;
  const limits = concurrency === undefined ? {} : { concurrency };
  let server: Promise<HttpServer> | undefined;

  const flyball: Flyball = {
    configuration,
    sources,
    node: (name, run, wrapOptions) => wrapNode(telemetry, name, run, wrapOptions),
    withRun: (description, work) => withRun(telemetry, clock, description, work),
    withIteration,
    record: createRecorder(telemetry),
    middleware: {
      hono: honoMiddleware(telemetry),
      connect: connectMiddleware(telemetry),
      node: (listener, nodeOptions) => nodeListener(telemetry, listener, nodeOptions),
    },
    run: (workflow, input, runOptions) => engine.run(workflow, input, { ...limits, ...runOptions }),
    start: (workflow, input, runOptions) => engine.start(workflow, input, { ...limits, ...runOptions }),
    resume: (workflow, runId, resumeOptions) => engine.resume(workflow, runId, { ...limits, ...resumeOptions }),
    engine,
    models,
    telemetry,
    store,
    coordinator,
    checkpoints,
    windows,
    meter,
    logger,
    metrics,
    health: () => checks.report(),
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

  async function serve(host: string, port: number): Promise<HttpServer> {
    // hono and its server load only where somebody listens.
    const { serveHttp } = await import("./http/server.ts");
    const serving = await serveHttp({ host, port, metrics, health: flyball.health });
    closers.add("http", () => serving.close());
    return serving;
  }

  if (signals) {
    const release = onStopSignal((signal) => {
      void flyball.shutdown().then(() => {
        release();
        process.kill(process.pid, signal);
      });
    });
    closers.add("signals", release);
  }
  if (listen !== false && configuration.http.port !== undefined) {
    await flyball
      .listen()
      .catch((error) => logger.warn({ err: error }, "flyball: /metrics and /health are not served"));
  }
  return flyball;
}
