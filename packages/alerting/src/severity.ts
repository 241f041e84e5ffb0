/** How urgent an alert is: `critical` wakes somebody, `warning` waits for the morning, `info` is for the record. */
export type Severity = "info" | "warning" | "critical";

/** Higher is worse; 0 is left for "nothing was said yet". */
export const severityRank: Readonly<Record<Severity, number>> = { info: 1, warning: 2, critical: 3 };

export const severities: readonly Severity[] = ["info", "warning", "critical"];

export function worst(all: readonly Severity[]): Severity {
  return all.reduce((a, b) => (severityRank[b] > severityRank[a] ? b : a), "info");
}
