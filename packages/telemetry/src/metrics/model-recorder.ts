import { attribute, flyballMetrics, label, type MetricDefinition, type Names, operationNames } from "../names.ts";
import type { Outcome } from "../outcome.ts";
import type { Usage } from "../usage.ts";
import type { InstrumentFactory, OutcomeLabels } from "./instrument-factory.ts";
import { keyedCounter, keyedHistogram } from "./keyed.ts";
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
  const genAiTokens = tokenRecorder(instruments, names);
  const tokens = keyedCounter(instruments, flyballMetrics.modelTokens, [label.model, label.provider, label.type]);

  return (outcome, pass) => {
    const seconds = outcome.durationMs / 1000;
    genAiDuration.record(seconds, outcome, pass);
    duration.record(seconds, outcome, pass);
    if (outcome.stream !== undefined) {
      firstChunk.record(outcome.stream.timeToFirstChunkMs / 1000, outcome, pass);
      if (outcome.stream.meanChunkGapMs !== undefined)
        chunkGap.record(outcome.stream.meanChunkGapMs / 1000, outcome, pass);
    }
    if (outcome.usage === undefined || pass === "link") return;
    genAiTokens(outcome, outcome.usage);
    for (const [type, read] of tokenTypes) {
      const count = read(outcome.usage);
      if (count !== undefined && count > 0) tokens(count, model(outcome), outcome.provider, type);
    }
  };
}

const tokenTypes: readonly (readonly [string, (usage: Usage) => number | undefined])[] = [
  ["input", (usage) => usage.inputTokens],
  ["output", (usage) => usage.outputTokens],
  ["cache_read", (usage) => usage.cacheReadTokens],
  ["cache_write", (usage) => usage.cacheWriteTokens],
  ["reasoning", (usage) => usage.reasoningTokens],
];

/** The older profile has one histogram by type, the newer a counter for each. */
function tokenRecorder(instruments: InstrumentFactory, names: Names): (outcome: Outcome, usage: Usage) => void {
  const { metrics } = names;
  if (metrics.tokenUsage) {
    const usageByType = keyedHistogram(instruments, metrics.tokenUsage, [
      ...Object.keys(genAiLabels),
      attribute.tokenType,
    ]);
    return (outcome, usage) => {
      usageByType(usage.inputTokens, operation(outcome), outcome.provider, model(outcome), "input");
      usageByType(usage.outputTokens, operation(outcome), outcome.provider, model(outcome), "output");
    };
  }
  const counters = [
    [metrics.inputTokens, (usage: Usage) => usage.inputTokens],
    [metrics.outputTokens, (usage: Usage) => usage.outputTokens],
    [metrics.cacheReadTokens, (usage: Usage) => usage.cacheReadTokens],
    [metrics.cacheWriteTokens, (usage: Usage) => usage.cacheWriteTokens],
  ] as const;
  const made = counters.flatMap(([definition, read]) =>
    definition ? [[instruments.counter(definition satisfies MetricDefinition, genAiLabels), read] as const] : [],
  );
  return (outcome, usage) => {
    for (const [counter, read] of made) {
      const count = read(usage);
      if (count !== undefined && count > 0) counter.add(count, outcome, "count");
    }
  };
}
