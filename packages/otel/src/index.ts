export { processRegistry } from "./process-metrics.ts";
export { registrySource } from "./registry-source.ts";
export { startOtel } from "./start.ts";
export type { Otel, OtelOptions, OtlpOptions, Tracing } from "./types.ts";
