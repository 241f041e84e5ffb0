import { flyballMetrics, label, type Names } from "../names.ts";
import type { OperationKind, Outcome } from "../outcome.ts";
import type { InstrumentFactory, OutcomeLabels, Pass } from "./instrument-factory.ts";
import { keyedCounter } from "./keyed.ts";
import { modelRecorder } from "./model-recorder.ts";
import { everyRecorder, extraLabels, runLabels } from "./shared-recorders.ts";

/** Counts one outcome, or links to it. */
export type OutcomeRecorder = (outcome: Outcome, pass: Pass) => void;

export interface OperationRecorders {
  /** What any outcome may carry: money, quality, retries. */
  readonly every: OutcomeRecorder;
  readonly byKind: Readonly<Partial<Record<OperationKind, OutcomeRecorder>>>;
}

/** What each kind of operation is measured by. */
export function operationRecorders(
  instruments: InstrumentFactory,
  names: Names,
  labels: readonly string[],
): OperationRecorders {
  const extra = extraLabels(labels);
  const model = modelRecorder(instruments, names, extra);
  const timed = (definition: Parameters<InstrumentFactory["histogram"]>[0], own: OutcomeLabels): OutcomeRecorder => {
    const histogram = instruments.histogram(definition, own);
    return (outcome, pass) => histogram.record(outcome.durationMs / 1000, outcome, pass);
  };
  const fromLabel = (name: string) => (outcome: Outcome) => outcome.labels?.[name];
  const name = (outcome: Outcome): string => outcome.name;
  const status = (outcome: Outcome): string => outcome.status;
  return {
    every: everyRecorder(instruments),
    byKind: {
      run: runRecorder(instruments, names, extra),
      node: nodeRecorder(instruments, extra),
      model,
      embedding: model,
      retrieval: timed(flyballMetrics.retrievalDuration, { [label.source]: name, [label.status]: status }),
      tool: timed(flyballMetrics.toolDuration, { [label.tool]: name, [label.status]: status }),
      database: timed(flyballMetrics.databaseDuration, { [label.operation]: name, [label.status]: status }),
      cache: timed(flyballMetrics.cacheDuration, {
        [label.cache]: name,
        [label.level]: fromLabel(label.level),
        [label.result]: fromLabel(label.result),
      }),
      http: timed(flyballMetrics.httpDuration, {
        [label.method]: fromLabel(label.method),
        [label.route]: (outcome) => outcome.labels?.[label.route] ?? outcome.name,
        [label.statusCode]: fromLabel(label.statusCode),
      }),
    },
  };
}

function runRecorder(instruments: InstrumentFactory, names: Names, extra: OutcomeLabels): OutcomeRecorder {
  const duration = instruments.histogram(flyballMetrics.runDuration, {
    [label.workflow]: (outcome) => outcome.name,
    [label.status]: (outcome) => outcome.status,
    [label.priority]: (outcome) => outcome.run?.priority,
    ...extra,
  });
  const workflow =
    names.metrics.workflowDuration &&
    instruments.histogram(names.metrics.workflowDuration, {
      "gen_ai.workflow.name": (outcome) => outcome.name,
      "error.type": (outcome) => outcome.errorType,
    });
  const exposures = keyedCounter(instruments, flyballMetrics.flagExposures, [label.flag, label.arm]);
  return (outcome, pass) => {
    duration.record(outcome.durationMs / 1000, outcome, pass);
    workflow?.record(outcome.durationMs / 1000, outcome, pass);
    const decisions = outcome.run?.decisions;
    if (decisions && pass === "count") for (const flag in decisions) exposures(1, flag, decisions[flag]);
  };
}

function nodeRecorder(instruments: InstrumentFactory, extra: OutcomeLabels): OutcomeRecorder {
  const node = (outcome: Outcome): string => outcome.name;
  const duration = instruments.histogram(flyballMetrics.nodeDuration, {
    ...runLabels,
    [label.node]: node,
    [label.status]: (outcome) => outcome.status,
    [label.priority]: (outcome) => outcome.run?.priority,
    ...extra,
  });
  const errors = instruments.counter(flyballMetrics.nodeErrors, {
    ...runLabels,
    [label.node]: node,
    [label.errorType]: (outcome) => outcome.errorType ?? outcome.status,
  });
  return (outcome, pass) => {
    // A skipped node took no time; counted among the others it would pull every percentile down.
    if (outcome.status !== "skipped") duration.record(outcome.durationMs / 1000, outcome, pass);
    if (outcome.status === "error" || outcome.status === "timeout") errors.add(1, outcome, pass);
  };
}
