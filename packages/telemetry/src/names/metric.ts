/** One metric: its OpenTelemetry name and its Prometheus family, which spells the unit. */
export interface MetricDefinition {
  readonly name: string;
  readonly prometheus: string;
  readonly type: "histogram" | "counter" | "updown" | "gauge";
  /** UCUM. */
  readonly unit: string;
  readonly description: string;
  readonly buckets?: readonly number[];
}

export function histogram(
  name: string,
  prometheus: string,
  bounds: readonly number[],
  description: string,
  unit = "s",
): MetricDefinition {
  return { name, prometheus, type: "histogram", unit, description, buckets: bounds };
}

export function counter(name: string, prometheus: string, description: string, unit = "1"): MetricDefinition {
  return { name, prometheus, type: "counter", unit, description };
}
