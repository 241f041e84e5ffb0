import type { MetricDefinition } from "@flyball/telemetry";

/** What rules read and telemetry's own families do not carry. */
export const refinements: MetricDefinition = {
  name: "flyball.refinements",
  prometheus: "flyball_refinements_total",
  type: "counter",
  unit: "{outcome}",
  description: "Nodes of a second or later turn of a refinement loop, by workflow and node.",
};

/** What alerting says about itself. */
export const alertsFiring: MetricDefinition = {
  name: "flyball.alerts",
  prometheus: "flyball_alerts",
  type: "gauge",
  unit: "{alert}",
  description: "Alerts that fire in this process, by severity.",
};

export const notices: MetricDefinition = {
  name: "flyball.notices",
  prometheus: "flyball_notices",
  type: "gauge",
  unit: "{notice}",
  description: "Notices in the outbox, by state; dead ones were given up.",
};

/** Recording rules of the export. */
export const recorded = {
  value: "flyball:rule_value",
  count: "flyball:rule_count",
  badShare: "flyball:rule_bad_share",
} as const;
