import { hostname } from "node:os";
import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from "@opentelemetry/resources";

/**
 * What this process says about itself. The detectors are named one by one: OpenTelemetry's default set includes the
 * command line, which puts secrets given as arguments on every span.
 */
export function createResource(serviceName: string, attributes: Readonly<Record<string, string>> = {}): Resource {
  return defaultResource()
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceInstanceIdDetector] }))
    .merge(
      resourceFromAttributes({
        "host.name": hostname(),
        "process.pid": process.pid,
        "process.runtime.name": "nodejs",
        "process.runtime.version": process.versions.node,
        ...attributes,
        "service.name": serviceName,
      }),
    );
}
