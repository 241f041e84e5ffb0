import { attribute, flyballMetrics, label, type MetricDefinition, type Names, operationNames } from "../names.ts";
import type { Outcome } from "../outcome.ts";
import type { Usage } from "../usage.ts";
import type { InstrumentFactory, OutcomeCounter, OutcomeHistogram, OutcomeLabels, Pass } from "./instrument-factory.ts";
import type { OutcomeRecorder } from "./operation-recorders.ts";
import { runLabels } from "./shared-recorders.ts";

const operation = (outcome: Outcome): string | undefined =>
  outcome.labels?.[label.operation] ?? operationNames[outcome.kind];
const model = (outcome: Outcome): string => outcome.model ?? outcome.name;
const provider = (outcome: Outcome): string | undefined => outcome.provider;

const genAiLabels: OutcomeLabels = {
  [attribute.operationName]: operation,
  [attribute.providerName]: provider,
  [attribute.requestModel]: model,
};

/** Model calls and embeddings: the profile's GenAI metrics, and Flyball's own whose names no profile changes. */
export function modelRecorder(instruments: InstrumentFactory, names: Names, extra: OutcomeLabels): OutcomeRecorder {
  const { operationDuration, timeToFirstChunk, timePerOutputChunk } = names.metrics;
  const genAiDuration = instruments.histogram(operationDuration, {
    ...genAiLabels,
    [attribute.errorType]: (outcome) => outcome.errorType,
  });
  const firstChunk = instruments.histogram(timeToFirstChunk, genAiLabels);
  const chunkGap = instruments.histogram(timePerOutputChunk, genAiLabels);
  const duration = instruments.histogram(flyballMetrics.modelDuration, {
    ...runLabels,
    [label.model]: model,
    [label.provider]: provider,
    [label.operation]: operation,
    [label.status]: (outcome) => outcome.status,
    ...extra,
  });
  const tokens = [...genAiTokens(instruments, names), ...ownTokens(instruments)];

  return (outcome, pass) => {
    const seconds = outcome.durationMs / 1000;
    genAiDuration.record(seconds, outcome, pass);
    duration.record(seconds, outcome, pass);
    if (outcome.stream !== undefined) {
      firstChunk.record(outcome.stream.timeToFirstChunkMs / 1000, outcome, pass);
      if (outcome.stream.meanChunkGapMs !== undefined) {
        chunkGap.record(outcome.stream.meanChunkGapMs / 1000, outcome, pass);
      }
    }
    if (outcome.usage === undefined) return;
    for (const record of tokens) record(outcome, outcome.usage, pass);
  };
}

/** Records one type of token of an operation. */
type TokenRecorder = (outcome: Outcome, usage: Usage, pass: Pass) => void;

function ownTokens(instruments: InstrumentFactory): TokenRecorder[] {
  const types: readonly (readonly [string, TokenReader])[] = [
    ["input", (usage) => usage.inputTokens],
    ["output", (usage) => usage.outputTokens],
    ["cache_read", (usage) => usage.cacheReadTokens],
    ["cache_write", (usage) => usage.cacheWriteTokens],
    ["reasoning", (usage) => usage.reasoningTokens],
  ];
  return types.map(([type, read]) => {
    const labels = { [label.model]: model, [label.provider]: provider, [label.type]: () => type };
    return counting(instruments.counter(flyballMetrics.modelTokens, labels), read);
  });
}

/** The older profile has one histogram by type, the newer a counter for each. */
function genAiTokens(instruments: InstrumentFactory, { metrics }: Names): TokenRecorder[] {
  const { tokenUsage } = metrics;
  if (tokenUsage) {
    const ofType = (type: string): OutcomeHistogram =>
      instruments.histogram(tokenUsage, { ...genAiLabels, [attribute.tokenType]: () => type });
    const input = ofType("input");
    const output = ofType("output");
    return [
      (outcome, usage, pass) => input.record(usage.inputTokens, outcome, pass),
      (outcome, usage, pass) => output.record(usage.outputTokens, outcome, pass),
    ];
  }
  const counters: readonly (readonly [MetricDefinition | undefined, TokenReader])[] = [
    [metrics.inputTokens, (usage) => usage.inputTokens],
    [metrics.outputTokens, (usage) => usage.outputTokens],
    [metrics.cacheReadTokens, (usage) => usage.cacheReadTokens],
    [metrics.cacheWriteTokens, (usage) => usage.cacheWriteTokens],
  ];
  return counters.flatMap(([definition, read]) =>
    definition ? [counting(instruments.counter(definition, genAiLabels), read)] : [],
  );
}

type TokenReader = (usage: Usage) => number | undefined;

/** What a provider does not report, or reports as none, makes no series. */
function counting(counter: OutcomeCounter, read: TokenReader): TokenRecorder {
  return (outcome, usage, pass) => {
    const count = read(usage);
    if (count !== undefined && count > 0) counter.add(count, outcome, pass);
  };
}
