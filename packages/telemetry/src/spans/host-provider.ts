import { trace } from "@opentelemetry/api";

/**
 * Whether this process has an OpenTelemetry tracer provider, one that samples nothing included. Asked through the
 * API that this package shares with its host: one that brings a newer API of its own does not see an older host's.
 */
export function hasHostProvider(): boolean {
  const provider = trace.getTracerProvider();
  // The API's stand-in knows whether somebody registered behind it; asking so makes no span.
  if ("getDelegateTracer" in provider && typeof provider.getDelegateTracer === "function") {
    return provider.getDelegateTracer("@flyball/telemetry") !== undefined;
  }
  return true;
}
