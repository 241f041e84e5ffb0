/**
 * Every name that Flyball puts on the wire: spans, attributes, events, metrics, labels, units and buckets.
 *
 * The OpenTelemetry GenAI conventions moved in 2026 from semantic-conventions 1.41 to a repository of their own,
 * with renames. A process speaks one of the two, never both, so the choice is a profile that is made once.
 * https://github.com/open-telemetry/semantic-conventions-genai
 */
export { attribute, event } from "./names/attributes.ts";
export { buckets } from "./names/buckets.ts";
export { flyballMetrics } from "./names/flyball-metrics.ts";
export type { GenAiMetrics } from "./names/gen-ai-metrics.ts";
export { ioAttribute, ioMetrics } from "./names/io-metrics.ts";
export { allowedLabels, label, overflowLabel } from "./names/labels.ts";
export type { MetricDefinition } from "./names/metric.ts";
export { type Names, namesFor, type Profile } from "./names/profile.ts";
export { operationNames, spanName } from "./names/spans.ts";
