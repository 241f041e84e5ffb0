import type { SeriesMeter } from "../metrics/meter.ts";
import { serializeMetrics } from "./serialize.ts";
import type { MetricsSource } from "./types.ts";

/** What a series meter holds, as a source of the metrics handler: `/metrics` without any OpenTelemetry SDK. */
export function meterSource(meter: Pick<SeriesMeter, "collect">, name = "flyball"): MetricsSource {
  return {
    name,
    async collect() {
      const { metrics, errors } = await meter.collect();
      return { families: serializeMetrics(metrics), failures: errors.length };
    },
  };
}
