import { type Clock, type Logger, systemClock } from "@flyball/core";
import type { OtelOptions } from "@flyball/otel";
import { assemble } from "./assemble.ts";
import type { ConfigurationInput } from "./config/configuration.ts";
import type { Environment } from "./config/environment.ts";
import { loadConfiguration } from "./config/load.ts";
import type { Flyball } from "./flyball.ts";
import { createLogger } from "./logger.ts";
import { openParts } from "./parts/open.ts";
import { onStopSignal } from "./signals.ts";

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
  const parts = await openParts({ configuration, clock, logger, registry, registerGlobals });
  const flyball = assemble(parts, sources);
  if (signals) {
    const release = onStopSignal((signal) => {
      void flyball.shutdown().then(() => process.kill(process.pid, signal));
    });
    parts.closers.add("signals", release);
  }
  if (listen !== false && configuration.http.port !== undefined) {
    await flyball
      .listen()
      .catch((error) => logger.warn({ err: error }, "flyball: /metrics and /health are not served"));
  }
  return flyball;
}
