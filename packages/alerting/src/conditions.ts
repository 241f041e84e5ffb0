import { type Alert, fingerprintOf } from "./alert.ts";
import type { Severity } from "./severity.ts";

/** Something that is wrong with alerting itself. */
export interface Condition {
  /** One of few words; with the labels it is the alert's identity. */
  readonly name: "alerting-rules-invalid" | "alerting-delivery-failing" | "alerting-readings-failing";
  readonly severity: Severity;
  readonly summary: string;
  readonly text: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Alerts that come from no rule: alerting must not fail in silence. */
export interface Conditions {
  set(condition: Condition, now: number): void;
  clear(name: Condition["name"], labels?: Readonly<Record<string, string>>): void;
  firing(): Alert[];
}

export function createConditions(): Conditions {
  const alerts = new Map<string, Alert>();
  return {
    set({ name, severity, summary, text, labels = {} }, now) {
      const fingerprint = fingerprintOf(name, labels);
      const firedAt = alerts.get(fingerprint)?.firedAt ?? now;
      const runbook = `docs/runbooks/${name}.md`;
      const alert: Alert = {
        fingerprint,
        name,
        status: "firing",
        severity,
        labels,
        summary,
        text,
        rule: name,
        firedAt,
        runbook,
      };
      alerts.set(fingerprint, alert);
    },
    clear: (name, labels = {}) => void alerts.delete(fingerprintOf(name, labels)),
    firing: () => [...alerts.values()],
  };
}
