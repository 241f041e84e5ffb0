import { ConfigurationError } from "@flyball/core";
import { allowedLabels, flyballMetrics, label, namesFor, type Profile } from "../names.ts";
import type { OperationKind, Outcome } from "../outcome.ts";
import { createInstruments, type OutcomeMeter, type Pass } from "./instrument-factory.ts";
import { operationRecorders } from "./operation-recorders.ts";

export interface OutcomeMetricsOptions {
  /** Any OpenTelemetry meter; the one of `createSeriesMeter` is several times faster and keeps exemplars. */
  readonly meter: OutcomeMeter;
  /** Which GenAI names are written. Default `v1.41`. */
  readonly profile?: Profile;
  /** Most series per instrument, the overflow series included. Default 2,000. */
  readonly seriesLimit?: number;
  /** Keys of `outcome.labels` that become labels of run, node and model durations. Default none. */
  readonly labels?: readonly string[];
  /** Further bucket bounds by Prometheus family, so that an objective is read exactly: seconds for durations. */
  readonly thresholds?: Readonly<Record<string, readonly number[]>>;
}

/** Metrics of everything that ends, and of what is under way. No method throws. */
export interface OutcomeMetrics {
  record(outcome: Outcome): void;
  /** The outcome's trace is kept: exemplars may point to it. Called after `record`, at any time. */
  kept(outcome: Outcome): void;
  /** Counts an operation as under way until `ended`. Only runs and HTTP requests are counted so. */
  started(kind: OperationKind): void;
  ended(kind: OperationKind): void;
  /** Outcomes that could not be recorded. */
  readonly failures: number;
}

/**
 * Derives metrics from outcomes: durations by what ran, GenAI metrics of the profile, tokens, money spent and
 * avoided, calls without a price, quality, flag exposures. Labels come from fixed places and an allow-list, ids never.
 * An outcome's cost and usage are its own and no sums over what ran inside it.
 */
export function createOutcomeMetrics(options: OutcomeMetricsOptions): OutcomeMetrics {
  const { meter, profile = "v1.41", seriesLimit = 2_000, labels = [], thresholds = {} } = options;
  checkLabels(labels);
  const instruments = createInstruments(meter, seriesLimit, thresholds);
  const recorders = operationRecorders(instruments, namesFor(profile), labels);
  const outcomes = instruments.counter(flyballMetrics.outcomes, {
    [label.kind]: (outcome) => outcome.kind,
    [label.status]: (outcome) => outcome.status,
  });
  const runs = instruments.upDown(flyballMetrics.runsActive);
  const requests = instruments.upDown(flyballMetrics.httpActive);
  let failures = 0;

  function pass(outcome: Outcome, pass: Pass): void {
    try {
      outcomes.add(1, outcome, pass);
      recorders.every(outcome, pass);
      recorders.byKind[outcome.kind]?.(outcome, pass);
    } catch {
      failures++;
    }
  }
  function move(kind: OperationKind, by: number): void {
    if (kind === "run") runs.add(by);
    else if (kind === "http") requests.add(by);
  }
  return {
    get failures() {
      return failures;
    },
    record: (outcome) => pass(outcome, "count"),
    kept: (outcome) => pass(outcome, "link"),
    started: (kind) => move(kind, 1),
    ended: (kind) => move(kind, -1),
  };
}

/** Labels that our families have themselves, whatever an outcome's own labels say. */
const reserved: ReadonlySet<string> = new Set(Object.values(label));

function checkLabels(labels: readonly string[]): void {
  for (const [index, name] of labels.entries()) {
    const path = `metrics.labels[${index}]`;
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith("__")) {
      throw new ConfigurationError(path, name, "a label name of letters, digits and _, not starting with __");
    }
    if (reserved.has(name) && !allowedLabels.includes(name)) {
      throw new ConfigurationError(path, name, "a label that Flyball does not set itself");
    }
  }
}
