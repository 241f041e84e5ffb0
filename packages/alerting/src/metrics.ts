import type { Outcome, OutcomeMeter, OutcomeRecorder, SeriesMeter } from "@flyball/telemetry";
import { alertsFiring, notices, refinements } from "./names.ts";
import { severities } from "./severity.ts";
import type { Alerting } from "./types.ts";

/** Counts what rules read and telemetry's own families do not carry; goes into `createTelemetry({ recorders })`. */
export function ruleMetrics(meter: Pick<OutcomeMeter, "createCounter">): OutcomeRecorder {
  const { name, description, unit } = refinements;
  const counter = meter.createCounter(name, { description, unit });
  return {
    record({ kind, iteration, run, name: node }: Outcome) {
      if (kind !== "node" || iteration === undefined || iteration < 2) return;
      counter.add(1, run === undefined ? { node } : { workflow: run.workflow, node });
    },
  };
}

/** What alerting says about itself on `/metrics`: read at each scrape, free in between. */
export function observeAlerting(meter: Pick<SeriesMeter, "createObservableGauge">, alerting: Alerting): void {
  const options = ({ description, unit }: { description: string; unit: string }) => ({ description, unit });
  meter.createObservableGauge(alertsFiring.name, options(alertsFiring)).addCallback((result) => {
    const { firing } = alerting.alerts();
    for (const severity of severities) {
      result.observe(firing.filter((alert) => alert.severity === severity).length, { severity });
    }
  });
  meter.createObservableGauge(notices.name, options(notices)).addCallback((result) => {
    for (const [state, count] of Object.entries(alerting.stats().outbox)) result.observe(count, { state });
  });
}
