import { buckets } from "./buckets.ts";
import { counter, histogram, type MetricDefinition } from "./metric.ts";
import type { Profile } from "./profile.ts";

/** GenAI metrics by profile. A definition that a profile does not have is undefined. */
export interface GenAiMetrics {
  readonly operationDuration: MetricDefinition;
  readonly timeToFirstChunk: MetricDefinition;
  readonly timePerOutputChunk: MetricDefinition;
  /** One histogram by `gen_ai.token.type`; `genai-main` has counters instead. */
  readonly tokenUsage: MetricDefinition | undefined;
  readonly inputTokens: MetricDefinition | undefined;
  readonly outputTokens: MetricDefinition | undefined;
  readonly cacheReadTokens: MetricDefinition | undefined;
  readonly cacheWriteTokens: MetricDefinition | undefined;
  readonly workflowDuration: MetricDefinition | undefined;
  readonly serverTimeToFirstToken: MetricDefinition;
  readonly serverTimePerOutputToken: MetricDefinition;
}

const server = {
  serverTimeToFirstToken: histogram(
    "gen_ai.server.time_to_first_token",
    "gen_ai_server_time_to_first_token_seconds",
    buckets.timeToFirstToken,
    "Time to the first token, seen by the model server.",
  ),
  serverTimePerOutputToken: histogram(
    "gen_ai.server.time_per_output_token",
    "gen_ai_server_time_per_output_token_seconds",
    buckets.timePerOutputToken,
    "Time per output token after the first, seen by the model server.",
  ),
};

function clientMetrics(
  prefix: string,
): Pick<GenAiMetrics, "operationDuration" | "timeToFirstChunk" | "timePerOutputChunk"> {
  const family = prefix.replaceAll(".", "_");
  return {
    operationDuration: histogram(
      `${prefix}.duration`,
      `${family}_duration_seconds`,
      buckets.client,
      "Duration of a GenAI client operation.",
    ),
    timeToFirstChunk: histogram(
      `${prefix}.time_to_first_chunk`,
      `${family}_time_to_first_chunk_seconds`,
      buckets.client,
      "Time to the first chunk of a streamed answer.",
    ),
    timePerOutputChunk: histogram(
      `${prefix}.time_per_output_chunk`,
      `${family}_time_per_output_chunk_seconds`,
      buckets.client,
      "Mean time between chunks after the first.",
    ),
  };
}

function usageCounter(suffix: string, what: string): MetricDefinition {
  const name = `gen_ai.client.inference.usage.${suffix}`;
  return counter(name, `${name.replaceAll(".", "_")}_total`, `Tokens ${what}.`, "{token}");
}

export const genAiMetrics: Record<Profile, GenAiMetrics> = {
  "v1.41": {
    ...clientMetrics("gen_ai.client.operation"),
    ...server,
    tokenUsage: histogram(
      "gen_ai.client.token.usage",
      "gen_ai_client_token_usage",
      buckets.tokens,
      "Tokens used, by type; input includes cached tokens.",
      "{token}",
    ),
    inputTokens: undefined,
    outputTokens: undefined,
    cacheReadTokens: undefined,
    cacheWriteTokens: undefined,
    workflowDuration: undefined,
  },
  "genai-main": {
    ...clientMetrics("gen_ai.client.inference"),
    ...server,
    tokenUsage: undefined,
    inputTokens: usageCounter("input_tokens", "sent, cached ones included"),
    outputTokens: usageCounter("output_tokens", "generated"),
    cacheReadTokens: usageCounter("cache_read.input_tokens", "read from the provider's prompt cache"),
    cacheWriteTokens: usageCounter("cache_write.input_tokens", "written to the provider's prompt cache"),
    workflowDuration: histogram(
      "gen_ai.invoke_workflow.duration",
      "gen_ai_invoke_workflow_duration_seconds",
      buckets.workflow,
      "Duration of a workflow's run.",
    ),
  },
};
