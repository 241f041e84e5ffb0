import { type Family, type MetricsSource, parseExposition } from "@flyball/telemetry";
import { Registry, type RegistryContentType } from "prom-client";

/**
 * A prom-client registry as a source. Metrics are read one by one, so that a collector that throws costs its own
 * metric and not the registry.
 */
export function registrySource(registry: Registry<RegistryContentType>, name: string): MetricsSource {
  return {
    name,
    async collect() {
      // In this mode prom-client renames counters while it writes; only the whole text is consistent then.
      if (registry.contentType === Registry.OPENMETRICS_CONTENT_TYPE) {
        const { families, malformed } = parseExposition(await registry.metrics(), "openmetrics");
        return { families, failures: malformed };
      }
      const texts = await Promise.allSettled(
        registry.getMetricsAsArray().map((metric) => registry.getSingleMetricAsString(metric.name)),
      );
      let failures = 0;
      const families: Family[] = [];
      for (const text of texts) {
        if (text.status === "rejected") {
          failures++;
          continue;
        }
        const parsed = parseExposition(text.value);
        failures += parsed.malformed;
        families.push(...parsed.families);
      }
      return { families, failures };
    },
  };
}
