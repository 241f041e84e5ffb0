/** Metric label keys of our own families, in Prometheus spelling. */
export const label = {
  workflow: "workflow",
  node: "node",
  status: "status",
  priority: "priority",
  model: "model",
  provider: "provider",
  errorType: "error_type",
  cache: "cache",
  level: "level",
  result: "result",
  operation: "operation",
  method: "method",
  route: "route",
  statusCode: "status_code",
  source: "source",
  tool: "tool",
  scorer: "scorer",
  flag: "flag",
  arm: "arm",
  place: "place",
  cause: "cause",
  kind: "kind",
  name: "name",
  type: "type",
} as const;

/**
 * Keys of `outcome.labels` that may become metric labels and part of a window's series. Others stay on the span.
 * A service adds its own through `createTelemetry({ labels })`.
 */
export const allowedLabels: readonly string[] = [
  label.operation,
  label.level,
  label.result,
  label.method,
  label.route,
  label.statusCode,
  label.source,
  label.scorer,
  label.flag,
  label.arm,
  "stream",
  "tier",
  "phase",
];

/** The series that takes what no longer fits a cap carries this label with the value `true`. */
export const overflowLabel = "overflow";
