import { ConfigurationError, failureLog, silentLogger, systemClock, TimeoutError, withDeadline } from "@flyball/core";
import { createSeriesMeter, flyballMetrics } from "@flyball/telemetry";
import { observeIo } from "./io-metrics.ts";
import { createMetrics } from "./metrics.ts";
import { processRegistry } from "./process-metrics.ts";
import { registrySource } from "./registry-source.ts";
import { createResource } from "./resource.ts";
import { createTraces } from "./tracing.ts";
import type { Otel, OtelOptions } from "./types.ts";

/**
 * Wires OpenTelemetry and prom-client: a private meter provider to be scraped, spans into the host's provider or,
 * when asked, one of ours, and exports to a collector when one is named. Nothing of the host's is replaced.
 * @throws ConfigurationError for an endpoint that is no HTTP URL or numbers out of range.
 */
export async function startOtel(options: OtelOptions): Promise<Otel> {
  checkOptions(options);
  const { clock = systemClock, logger = silentLogger, seriesLimit = 2_000, exemplars = true } = options;
  const failures = failureLog(logger);
  const resource = createResource(options.serviceName, options.resourceAttributes);
  const meter = createSeriesMeter({ seriesLimit, exemplars, clock });
  const metrics = await createMetrics(meter, resource, options.otlp);
  const traces = await createTraces(options, resource, metrics.provider);
  if (traces.tracing === "host" && (options.otlp || options.registerGlobals)) {
    logger.info({}, "flyball: this process has an OpenTelemetry provider; spans go there, and its exporters apply");
  }
  countRefused(meter);
  if (options.prometheus !== false) observeIo(meter);

  async function all(what: string, work: readonly Promise<void>[], timeoutMs: number): Promise<void> {
    const settled = await withDeadline(Promise.allSettled(work), timeoutMs, what, clock);
    for (const one of settled) if (one.status === "rejected") failures.report(what, one.reason);
  }
  let stopped: Promise<void> | undefined;
  return {
    meter,
    meterProvider: metrics.provider,
    tracer: traces.tracer,
    tracing: traces.tracing,
    sources: [
      metrics.source,
      ...(options.prometheus === false ? [] : [registrySource(processRegistry(), "process")]),
      ...(options.registry ? [registrySource(options.registry, "registry")] : []),
    ],
    flush: (timeoutMs) => all("OpenTelemetry flush", [traces.flush(), metrics.flush()], timeoutMs),
    shutdown(timeoutMs) {
      stopped ??= all("OpenTelemetry shutdown", [traces.shutdown(), metrics.shutdown()], timeoutMs).catch((error) => {
        if (error instanceof TimeoutError) failures.report("OpenTelemetry shutdown", error);
        else throw error;
      });
      return stopped;
    },
  };
}

function countRefused(meter: Otel["meter"]): void {
  const { name, description, unit } = flyballMetrics.refusedValues;
  meter.createObservableCounter(name, { description, unit }).addCallback((result) => result.observe(meter.refused));
}

function checkOptions({ serviceName, otlp, sampleRatio }: OtelOptions): void {
  if (serviceName === "") throw new ConfigurationError("serviceName", serviceName, "a name");
  if (sampleRatio !== undefined && !(sampleRatio >= 0 && sampleRatio <= 1)) {
    throw new ConfigurationError("sampleRatio", sampleRatio, "a number from 0 to 1");
  }
  if (!otlp) return;
  const url = URL.parse(otlp.endpoint);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    // What does not even parse may hold a password anywhere, so nothing of it is repeated.
    throw new ConfigurationError("otlp.endpoint", url ? url.protocol : "(no URL)", "an http:// or https:// URL");
  }
  for (const key of ["timeoutMs", "queueSize", "intervalMs", "metricsIntervalMs"] as const) {
    const value = otlp[key];
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new ConfigurationError(`otlp.${key}`, value, "a positive integer");
    }
  }
}
