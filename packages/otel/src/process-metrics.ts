import { collectDefaultMetrics, Registry } from "prom-client";

/**
 * These look like counters by their name and are gauges: OpenMetrics forbids that, and each has a labelled twin that
 * says the same.
 */
const misnamed = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

let registry: Registry | undefined;

/**
 * prom-client's process and runtime metrics on a registry of our own: the global one belongs to the host. One for
 * the whole process, since its observers of garbage collection and event loop cannot be taken down again.
 */
export function processRegistry(): Registry {
  if (!registry) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
    for (const name of misnamed) registry.removeSingleMetric(name);
  }
  return registry;
}
