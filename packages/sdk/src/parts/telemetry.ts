import type { Clock, Logger } from "@flyball/core";
import type { Store } from "@flyball/storage";
import {
  createMetricsHandler,
  createOutcomeMetrics,
  createTelemetry,
  type MetricsHandler,
  type Telemetry,
} from "@flyball/telemetry";
import type { Configuration } from "../config/configuration.ts";
import type { Close } from "../shutdown.ts";
import { silentTelemetry } from "./silent-telemetry.ts";

export interface TelemetryParts {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registerGlobals: boolean | undefined;
}

export interface OpenedTelemetry {
  readonly telemetry: Telemetry;
  readonly metrics: MetricsHandler;
  /** Writes out what is buffered, then stops. */
  readonly close: Close;
}

/** Outcomes into metrics, windows, kept traces and, where there is one, OpenTelemetry's provider. */
export async function openTelemetry(parts: TelemetryParts): Promise<OpenedTelemetry> {
  const { configuration, clock, logger } = parts;
  const { enabled, profile, captureContent, maxSeries } = configuration.telemetry;
  const otel = await startOtel(parts);
  const metrics = createMetricsHandler({ sources: otel.sources, clock, logger });
  if (!enabled) return { telemetry: silentTelemetry, metrics, close: (timeoutMs) => otel.shutdown(timeoutMs) };

  const recorder = createOutcomeMetrics({ meter: otel.meter, profile, seriesLimit: maxSeries });
  const telemetry = createTelemetry({
    clock,
    logger,
    profile,
    content: { capture: captureContent },
    recorders: [recorder],
    ...(otel.tracer === undefined ? {} : { tracer: otel.tracer }),
  });
  return {
    telemetry,
    metrics,
    async close(timeoutMs) {
      await telemetry.shutdown(timeoutMs / 2);
      await otel.shutdown(timeoutMs / 2);
    },
  };
}

async function startOtel({ configuration, clock, logger, registerGlobals }: TelemetryParts) {
  const { service, telemetry } = configuration;
  const { endpoint, headers } = telemetry.otlp;
  const { startOtel } = await import("@flyball/otel");
  return startOtel({
    serviceName: service.name,
    resourceAttributes: {
      ...(service.version === undefined ? {} : { "service.version": service.version }),
      ...(service.environment === undefined ? {} : { "deployment.environment.name": service.environment }),
    },
    ...(endpoint === undefined ? {} : { otlp: { endpoint, headers } }),
    // OpenTelemetry's whole SDK loads for that: only where spans are sent somewhere.
    registerGlobals: registerGlobals === true && endpoint !== undefined,
    seriesLimit: telemetry.maxSeries,
    clock,
    logger,
  });
}
