import { type Attributes, type Span, SpanStatusCode } from "@opentelemetry/api";
import { evaluationEvent } from "../events.ts";
import { attribute, label, type Names, operationNames } from "../names.ts";
import type { OperationKind, Outcome } from "../outcome.ts";
import { cleanAttributes } from "../redact.ts";
import { toHrTime } from "./host-tracer.ts";

/**
 * Writes an outcome onto its span and ends it. All attributes are derived here, from the one measurement, and only
 * when the span records. `responseModel` is the model that answered, when the provider named it.
 */
export function finishSpan(span: Span, outcome: Outcome, names: Names, responseModel: string | undefined): void {
  const endedAt = toHrTime(outcome.startedAt + outcome.durationMs);
  if (span.isRecording()) {
    span.setAttributes(spanAttributes(outcome, names, responseModel));
    for (const score of outcome.quality ?? []) span.addEvent(...evaluationEvent(score));
    if (outcome.status === "error" || outcome.status === "timeout") {
      const message = outcome.errorMessage ?? outcome.errorType;
      span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
    }
  }
  span.end(endedAt);
}

/** The attributes of an outcome's span. */
function spanAttributes(outcome: Outcome, names: Names, responseModel?: string): Attributes {
  const all: Attributes = outcome.attributes ? cleanAttributes(outcome.attributes) : {};
  // The convention wants a list; attributes of an operation are single values.
  const finish = all[attribute.responseFinishReasons];
  if (typeof finish === "string") all[attribute.responseFinishReasons] = [finish];
  put(
    all,
    attribute.operationName,
    outcome.labels?.operation ?? operationNames[outcome.kind],
    outcome.kind in operationNames,
  );
  if (outcome.kind in nameAttributes) all[nameAttributes[outcome.kind] as string] = outcome.name;
  addRun(all, outcome);
  addModel(all, outcome, names, responseModel);
  addEnding(all, outcome);
  addLabels(all, outcome);
  return all;
}

/** Where an operation's own name goes. */
const nameAttributes: Partial<Record<OperationKind, string>> = {
  run: attribute.workflowName,
  node: attribute.nodeName,
  retrieval: attribute.dataSourceId,
  tool: attribute.toolName,
  evaluation: attribute.evaluationName,
  database: attribute.databaseOperation,
};

/** Labels that have an attribute of their own. */
const labelAttributes: Readonly<Record<string, string>> = {
  [label.method]: attribute.httpMethod,
  [label.route]: attribute.httpRoute,
  [label.statusCode]: attribute.httpStatus,
};

function put(all: Attributes, key: string, value: string | number | boolean | undefined, wanted = true): void {
  if (wanted && value !== undefined) all[key] = value;
}

function addRun(all: Attributes, { run, kind, iteration, attempts }: Outcome): void {
  put(all, attribute.iteration, iteration);
  put(all, attribute.attempts, attempts, attempts !== 1);
  if (!run) return;
  all[attribute.runId] = run.runId;
  if (kind !== "run") all[attribute.workflowName] = run.workflow;
  put(all, attribute.conversationId, run.session);
  put(all, attribute.priority, run.priority);
  if (kind !== "run") return;
  for (const flag in run.decisions) all[attribute.flagPrefix + flag] = run.decisions[flag];
}

function addModel(all: Attributes, outcome: Outcome, names: Names, responseModel: string | undefined): void {
  const { usage, cost, avoided, stream } = outcome;
  put(all, attribute.requestModel, outcome.model);
  put(all, attribute.responseModel, responseModel, !(attribute.responseModel in all));
  put(all, attribute.providerName, outcome.provider);
  if (usage) {
    all[attribute.inputTokens] = usage.inputTokens;
    all[attribute.outputTokens] = usage.outputTokens;
    put(all, attribute.cacheReadTokens, usage.cacheReadTokens);
    put(all, names.cacheWriteTokens, usage.cacheWriteTokens);
    put(all, attribute.reasoningTokens, usage.reasoningTokens);
    put(all, attribute.usageEstimated, usage.estimated);
    put(all, attribute.usageTier, usage.tier);
  }
  if (cost?.priced) {
    all[attribute.costUsd] = cost.usd;
    all[attribute.priceTable] = cost.priceTable;
  } else if (cost) {
    all[attribute.unpriced] = cost.reason;
  }
  put(all, attribute.avoidedUsd, avoided?.usd);
  put(all, attribute.avoidedMs, avoided?.ms);
  put(all, attribute.timeToFirstChunkMs, stream?.timeToFirstChunkMs);
  put(all, attribute.chunks, stream?.chunks);
}

function addEnding(all: Attributes, { status, errorType }: Outcome): void {
  if (status === "ok") return;
  all[attribute.status] = status;
  put(
    all,
    attribute.errorType,
    errorType ?? (status === "error" ? "_OTHER" : status),
    status === "error" || status === "timeout" || status === "cancelled",
  );
}

function addLabels(all: Attributes, { kind, labels }: Outcome): void {
  for (const key in labels) {
    // A GenAI operation's is `gen_ai.operation.name` already.
    if (key === label.operation && kind in operationNames) continue;
    const value = labels[key] as string;
    // The convention wants a number where a metric's label is a word.
    all[labelAttributes[key] ?? attribute.labelPrefix + key] = key === label.statusCode ? Number(value) : value;
  }
}
