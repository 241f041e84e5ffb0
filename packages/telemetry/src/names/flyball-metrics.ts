import { buckets } from "./buckets.ts";
import { counter, histogram, type MetricDefinition } from "./metric.ts";

type FlyballMetric =
  | "runDuration"
  | "runsActive"
  | "nodeDuration"
  | "nodeErrors"
  | "retries"
  | "modelDuration"
  | "modelTokens"
  | "cost"
  | "unpriced"
  | "avoidedCost"
  | "avoidedTime"
  | "cacheDuration"
  | "retrievalDuration"
  | "toolDuration"
  | "databaseDuration"
  | "httpDuration"
  | "httpActive"
  | "qualityScore"
  | "flagExposures"
  | "outcomes"
  | "dropped"
  | "failures"
  | "series"
  | "refusedValues"
  | "scrapeFailures"
  | "scrapeConflicts"
  | "scrapeDuplicates";

/** Flyball's own families; the same in both profiles. */
export const flyballMetrics: Readonly<Record<FlyballMetric, MetricDefinition>> = {
  runDuration: histogram(
    "flyball.run.duration",
    "flyball_run_duration_seconds",
    buckets.run,
    "Duration of a run, by workflow, status and priority.",
  ),
  runsActive: {
    name: "flyball.runs.active",
    prometheus: "flyball_runs_active",
    type: "updown",
    unit: "{run}",
    description: "Runs under way in this process.",
  },
  nodeDuration: histogram(
    "flyball.node.duration",
    "flyball_node_duration_seconds",
    buckets.client,
    "Duration of a node, by workflow, node, status and priority.",
  ),
  nodeErrors: counter(
    "flyball.node.errors",
    "flyball_node_errors_total",
    "Nodes that failed or timed out, by workflow, node and error type.",
    "{error}",
  ),
  retries: counter(
    "flyball.retries",
    "flyball_retries_total",
    "Tries beyond the first, by kind of operation and name.",
    "{retry}",
  ),
  modelDuration: histogram(
    "flyball.model.duration",
    "flyball_model_duration_seconds",
    buckets.client,
    "Duration of a model call, by workflow, model, provider, operation and status; the same in both profiles.",
  ),
  modelTokens: counter(
    "flyball.model.tokens",
    "flyball_model_tokens_total",
    "Tokens by model, provider and type. input includes cache_read and cache_write, output includes reasoning.",
    "{token}",
  ),
  cost: counter("flyball.cost", "flyball_cost_usd_total", "Money spent, by model, provider and workflow.", "USD"),
  unpriced: counter(
    "flyball.unpriced",
    "flyball_unpriced_total",
    "Model operations whose price is not known, by model and provider.",
    "{operation}",
  ),
  avoidedCost: counter(
    "flyball.avoided.cost",
    "flyball_avoided_usd_total",
    "Money not spent thanks to a cache, by cache and level; never subtracted from cost.",
    "USD",
  ),
  avoidedTime: counter(
    "flyball.avoided.time",
    "flyball_avoided_seconds_total",
    "Time not spent thanks to a cache, by cache and level.",
    "s",
  ),
  cacheDuration: histogram(
    "flyball.cache.duration",
    "flyball_cache_duration_seconds",
    buckets.storage,
    "Duration of a cache lookup, by cache, level and result.",
  ),
  retrievalDuration: histogram(
    "flyball.retrieval.duration",
    "flyball_retrieval_duration_seconds",
    buckets.client,
    "Duration of a retrieval, by source and status.",
  ),
  toolDuration: histogram(
    "flyball.tool.duration",
    "flyball_tool_duration_seconds",
    buckets.client,
    "Duration of a tool, by tool and status.",
  ),
  databaseDuration: histogram(
    "flyball.database.duration",
    "flyball_database_duration_seconds",
    buckets.storage,
    "Duration of a database operation, by operation and status.",
  ),
  httpDuration: histogram(
    "flyball.http.request.duration",
    "flyball_http_request_duration_seconds",
    buckets.http,
    "Duration of an HTTP request served, by method, route and status code.",
  ),
  httpActive: {
    name: "flyball.http.active_requests",
    prometheus: "flyball_http_active_requests",
    type: "updown",
    unit: "{request}",
    description: "HTTP requests being served.",
  },
  qualityScore: histogram(
    "flyball.quality.score",
    "flyball_quality_score",
    buckets.score,
    "Quality scores between 0 and 1, by scorer and workflow.",
    "1",
  ),
  flagExposures: counter(
    "flyball.flag.exposures",
    "flyball_flag_exposures_total",
    "Runs in which a flag was decided, by flag and arm.",
    "{run}",
  ),
  outcomes: counter(
    "flyball.outcomes",
    "flyball_outcomes_total",
    "Outcomes recorded, by kind of operation and status.",
    "{outcome}",
  ),
  dropped: counter(
    "flyball.telemetry.dropped",
    "flyball_telemetry_dropped_total",
    "Records that did not fit a bounded buffer, by place.",
    "{record}",
  ),
  failures: counter(
    "flyball.telemetry.failures",
    "flyball_telemetry_failures_total",
    "Failures inside telemetry that the pipeline never saw, by cause.",
    "{failure}",
  ),
  series: {
    name: "flyball.telemetry.series",
    prometheus: "flyball_telemetry_series",
    type: "gauge",
    unit: "{series}",
    description: "Window series in memory.",
  },
  refusedValues: counter(
    "flyball.metrics.refused",
    "flyball_metrics_refused_total",
    "Values that no metric may take: not finite, or negative where none may be.",
    "{value}",
  ),
  scrapeFailures: counter(
    "flyball.scrape.failures",
    "flyball_scrape_failures_total",
    "Parts of this exposition that could not be read, by source.",
    "{failure}",
  ),
  scrapeConflicts: counter(
    "flyball.scrape.conflicts",
    "flyball_scrape_conflicts_total",
    "Families left out of this exposition because their name means something else already.",
    "{family}",
  ),
  scrapeDuplicates: counter(
    "flyball.scrape.duplicates",
    "flyball_scrape_duplicates_total",
    "Samples left out of this exposition because their series was there already.",
    "{sample}",
  ),
};
