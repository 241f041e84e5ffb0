import type { ActiveOperation } from "./operation.ts";
import type { Outcome, OutcomeDetails, OutcomeStatus } from "./outcome.ts";
import type { Cost, Usage } from "./usage.ts";

/** What an outcome needs beside what the operation and its code know. */
export interface OutcomeHelp {
  errorMessage(message: string): string;
  /** Prices what carries usage and no cost. */
  cost(operation: PricedOperation): Cost | undefined;
}

export interface PricedOperation {
  readonly provider: string | undefined;
  readonly model: string | undefined;
  /** The model that answered, when the provider named it. */
  readonly responseModel: string | undefined;
  readonly usage: Usage;
  readonly durationMs: number;
  readonly startedAt: number;
}

/** Makes the one record of an operation. */
export function buildOutcome(
  operation: ActiveOperation,
  status: OutcomeStatus,
  details: OutcomeDetails,
  durationMs: number,
  help: OutcomeHelp,
): Outcome {
  const { start, parentSpanId, startedAt } = operation.beginning;
  // The model that was asked for labels the outcome: a failed call knows no other, and both belong to one series.
  const model = start.model ?? details.model;
  const provider = details.provider ?? start.provider;
  const { usage, errorMessage } = details;
  const cost =
    details.cost ??
    (usage && help.cost({ provider, model, responseModel: details.model, usage, durationMs, startedAt }));
  // All fields always, in one order: every outcome has the same shape, and reading it stays cheap everywhere.
  return {
    kind: start.kind,
    name: start.name,
    status,
    startedAt,
    durationMs,
    traceId: operation.traceId,
    spanId: operation.spanId,
    parentSpanId,
    run: operation.run,
    errorType: details.errorType,
    errorMessage: errorMessage === undefined ? undefined : help.errorMessage(errorMessage),
    model,
    provider,
    usage,
    cost,
    avoided: details.avoided,
    quality: details.quality,
    stream: details.stream,
    iteration: details.iteration ?? start.iteration,
    attempts: details.attempts,
    labels: merge(start.labels, details.labels),
    attributes: merge(merge(start.attributes, details.attributes), operation.contents),
  } as Outcome;
}

/** Keeps the object when only one side is there: its identity is what makes a later look-up cheap. */
function merge<T extends object>(left: T | undefined, right: T | undefined): T | undefined {
  if (!right) return left;
  return left ? { ...left, ...right } : right;
}
