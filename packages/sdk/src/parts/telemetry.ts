import type { Otel } from "@flyball/otel";
import type { Store } from "@flyball/storage";
import {
  createMetricsHandler,
  createOutcomeMetrics,
  createPrices,
  createTelemetry,
  type MetricsHandler,
  type Prices,
  readPriceTable,
  type Telemetry,
  type WindowReader,
} from "@flyball/telemetry";
import type { Meter } from "@opentelemetry/api";
import type { Close } from "../shutdown.ts";
import type { PartsSetup } from "./open.ts";
import { observeSelf } from "./self-metrics.ts";
import { silentTelemetry } from "./silent-telemetry.ts";

export interface TelemetryParts extends PartsSetup {
  readonly store: Store;
}

export interface OpenedTelemetry {
  readonly telemetry: Telemetry;
  readonly windows: WindowReader;
  readonly prices: Prices;
  readonly meter: Meter;
  /** Answers one scrape. */
  readonly metrics: MetricsHandler;
  /** Writes out what is buffered, then stops. */
  readonly close: Close;
}

/** Outcomes into windows, kept traces, metrics and, where there is one, OpenTelemetry's provider. */
export async function openTelemetry(parts: TelemetryParts): Promise<OpenedTelemetry> {
  const { configuration, store, clock, logger } = parts;
  const { enabled, profile, captureContent, maxSeries, sampleRatio, slowMs, priceFile } = configuration.telemetry;
  const prices = createPrices(priceFile === undefined ? {} : { overrides: readPriceTable(priceFile) });
  const otel = await startOtel(parts);
  const metrics = createMetricsHandler({ sources: otel.sources, clock, logger });
  const service = createTelemetry({
    ...{ store, clock, logger, profile, prices },
    content: { capture: captureContent },
    windows: { maxSeries, maxStoredSeries: maxSeries },
    sampling: { rate: sampleRatio, ...(slowMs === undefined ? {} : { slowMs }) },
    recorders: [createOutcomeMetrics({ meter: otel.meter, profile, seriesLimit: maxSeries })],
    ...(otel.tracer === undefined ? {} : { tracer: otel.tracer }),
  });
  observeSelf(otel.meter, service);
  return {
    telemetry: enabled ? service : silentTelemetry,
    windows: service.windows,
    prices,
    meter: otel.meter,
    metrics,
    close: (timeoutMs) => Promise.all([service.shutdown(timeoutMs), otel.shutdown(timeoutMs)]),
  };
}

async function startOtel({ configuration, clock, logger, registry, registerGlobals }: TelemetryParts): Promise<Otel> {
  const { service, telemetry } = configuration;
  const { endpoint, headers, sampleRatio } = telemetry.otlp;
  // Loaded while it starts and not with this module, so that importing the sdk alone stays cheap.
  const { startOtel } = await import("@flyball/otel");
  return startOtel({
    serviceName: service.name,
    resourceAttributes: {
      ...(service.version === undefined ? {} : { "service.version": service.version }),
      ...(service.environment === undefined ? {} : { "deployment.environment.name": service.environment }),
    },
    ...(endpoint === undefined || !telemetry.enabled ? {} : { otlp: { endpoint, headers }, sampleRatio }),
    ...(registry === undefined ? {} : { registry }),
    // OpenTelemetry's whole SDK loads for that: only where spans are sent somewhere.
    registerGlobals: registerGlobals === true && endpoint !== undefined,
    seriesLimit: telemetry.maxSeries,
    clock,
    logger,
  });
}
