import { ConfigurationError } from "@flyball/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createOutcomeMetrics,
  createSeriesMeter,
  type Family,
  meterSource,
  type Outcome,
  type OutcomeMetricsOptions,
} from "../src/index.ts";

const run = { runId: "run-1", workflow: "fir", session: "session-1", unit: "user-1", priority: "critical" };

function outcome(fields: Partial<Outcome>): Outcome {
  return {
    kind: "node",
    name: "summary",
    status: "ok",
    startedAt: 1_000,
    durationMs: 250,
    traceId: "a".repeat(32),
    spanId: "b".repeat(16),
    parentSpanId: undefined,
    run,
    ...fields,
  };
}

const modelCall = outcome({
  kind: "model",
  name: "gpt-x",
  model: "gpt-x",
  provider: "openai",
  usage: { inputTokens: 1_000, outputTokens: 50, cacheReadTokens: 400, cacheWriteTokens: 100, reasoningTokens: 20 },
  cost: { priced: true, usd: 0.5, priceTable: "test" },
  stream: { timeToFirstChunkMs: 80, meanChunkGapMs: 10, chunks: 18 },
});

async function recorded(
  outcomes: readonly Outcome[],
  options: Omit<OutcomeMetricsOptions, "meter"> = {},
): Promise<Map<string, Family>> {
  const meter = createSeriesMeter(options.seriesLimit === undefined ? {} : { seriesLimit: options.seriesLimit });
  const metrics = createOutcomeMetrics({ meter, ...options });
  for (const one of outcomes) metrics.record(one);
  expect(metrics.failures).toBe(0);
  const { families } = await meterSource(meter).collect();
  return new Map(families.map((family) => [family.name, family]));
}

function value(families: Map<string, Family>, series: string): number | undefined {
  for (const family of families.values()) {
    const sample = family.samples.find((one) => one.series === series);
    if (sample) return sample.value;
  }
  return undefined;
}

describe("metrics of outcomes", () => {
  it("time nodes by workflow, node, status and priority", async () => {
    const families = await recorded([outcome({}), outcome({ durationMs: 750 }), outcome({ status: "error" })]);
    const ok = 'workflow="fir",node="summary",status="ok",priority="critical"';
    expect(value(families, `flyball_node_duration_seconds_count{${ok}}`)).toBe(2);
    expect(value(families, `flyball_node_duration_seconds_sum{${ok}}`)).toBe(1);
    expect(value(families, `flyball_node_duration_seconds_bucket{${ok},le="0.32"}`)).toBe(1);
    expect(value(families, 'flyball_node_errors_total{workflow="fir",node="summary",error_type="error"}')).toBe(1);
    expect(value(families, 'flyball_outcomes_total{kind="node",status="ok"}')).toBe(2);
  });

  it("count skipped nodes and time none of them", async () => {
    const families = await recorded([outcome({ status: "skipped", durationMs: 0 })]);
    expect(families.has("flyball_node_duration_seconds")).toBe(false);
    expect(value(families, 'flyball_outcomes_total{kind="node",status="skipped"}')).toBe(1);
  });

  it("never make a label of run, session, unit, trace, content or anything not on the allow-list", async () => {
    const secrets = { runId: "RUN-ID", workflow: "fir", session: "SESSION-ID", unit: "UNIT-ID" };
    const leaky = {
      run: secrets,
      labels: { user: "LABEL-ID" },
      attributes: { "app.id": "ATTRIBUTE-ID" },
      errorMessage: "MESSAGE",
    };
    const kinds = ["run", "node", "model", "embedding", "retrieval", "tool", "cache", "database", "http", "evaluation"];
    const families = await recorded(
      kinds.map((kind) => outcome({ ...leaky, kind: kind as Outcome["kind"], traceId: "TRACE-ID", spanId: "SPAN-ID" })),
    );
    const text = JSON.stringify([...families.values()]);
    for (const secret of [
      "RUN-ID",
      "SESSION-ID",
      "UNIT-ID",
      "LABEL-ID",
      "ATTRIBUTE-ID",
      "MESSAGE",
      "TRACE-ID",
      "SPAN-ID",
    ]) {
      expect(text).not.toContain(secret);
    }
  });

  it("take the service's own labels from the allow-list", async () => {
    const families = await recorded([outcome({ labels: { tenant: "acme", other: "x" } })], { labels: ["tenant"] });
    const labels = 'workflow="fir",node="summary",status="ok",priority="critical",tenant="acme"';
    expect(value(families, `flyball_node_duration_seconds_count{${labels}}`)).toBe(1);
  });

  it("write GenAI metrics in the names of v1.41 by default", async () => {
    const families = await recorded([modelCall]);
    const labels = 'gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-x"';
    expect(value(families, `gen_ai_client_operation_duration_seconds_count{${labels}}`)).toBe(1);
    expect(value(families, `gen_ai_client_operation_time_to_first_chunk_seconds_sum{${labels}}`)).toBe(0.08);
    expect(value(families, `gen_ai_client_operation_time_per_output_chunk_seconds_sum{${labels}}`)).toBe(0.01);
    expect(value(families, `gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="input"}`)).toBe(1_000);
    expect(value(families, `gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="output"}`)).toBe(50);
    expect([...families.keys()].filter((name) => name.includes("inference"))).toEqual([]);
  });

  it("write them in the names of genai-main when asked, and never both", async () => {
    const families = await recorded([modelCall, outcome({ kind: "run", name: "fir" })], { profile: "genai-main" });
    const labels = 'gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-x"';
    expect(value(families, `gen_ai_client_inference_duration_seconds_count{${labels}}`)).toBe(1);
    const usage = "gen_ai_client_inference_usage";
    expect(value(families, `${usage}_input_tokens_total{${labels}}`)).toBe(1_000);
    expect(value(families, `${usage}_cache_read_input_tokens_total{${labels}}`)).toBe(400);
    expect(value(families, `${usage}_cache_write_input_tokens_total{${labels}}`)).toBe(100);
    expect(value(families, 'gen_ai_invoke_workflow_duration_seconds_count{gen_ai_workflow_name="fir"}')).toBe(1);
    expect([...families.keys()].filter((name) => name.startsWith("gen_ai_client_operation"))).toEqual([]);
  });

  it("count tokens by type, money spent, and calls whose price is unknown apart from free ones", async () => {
    const unpriced = outcome({ ...modelCall, model: "new", cost: { priced: false, reason: "no such model" } });
    const free = outcome({ ...modelCall, model: "local", cost: { priced: true, usd: 0, priceTable: "test" } });
    const families = await recorded([modelCall, modelCall, unpriced, free]);
    const labels = 'model="gpt-x",provider="openai"';
    expect(value(families, `flyball_model_tokens_total{${labels},type="input"}`)).toBe(2_000);
    expect(value(families, `flyball_model_tokens_total{${labels},type="cache_read"}`)).toBe(800);
    expect(value(families, `flyball_model_tokens_total{${labels},type="reasoning"}`)).toBe(40);
    expect(value(families, `flyball_cost_usd_total{workflow="fir",${labels}}`)).toBe(1);
    expect(value(families, 'flyball_cost_usd_total{workflow="fir",model="local",provider="openai"}')).toBe(0);
    expect(value(families, 'flyball_cost_usd_total{workflow="fir",model="new",provider="openai"}')).toBeUndefined();
    expect(value(families, 'flyball_unpriced_total{model="new",provider="openai"}')).toBe(1);
  });

  it("count what a cache avoided apart from what was spent", async () => {
    const hit = outcome({
      kind: "cache",
      name: "answers",
      durationMs: 2,
      labels: { level: "memory", result: "hit" },
      avoided: { usd: 0.25, ms: 4_000 },
    });
    const families = await recorded([hit]);
    expect(value(families, 'flyball_avoided_usd_total{cache="answers",level="memory"}')).toBe(0.25);
    expect(value(families, 'flyball_avoided_seconds_total{cache="answers",level="memory"}')).toBe(4);
    expect(value(families, 'flyball_cache_duration_seconds_count{cache="answers",level="memory",result="hit"}')).toBe(
      1,
    );
    expect(families.has("flyball_cost_usd_total")).toBe(false);
  });

  it("time runs, requests, database operations, retrievals and tools", async () => {
    const families = await recorded([
      outcome({ kind: "run", name: "fir", durationMs: 30_000 }),
      outcome({ kind: "http", name: "GET /x/:id", labels: { method: "GET", route: "/x/:id", status_code: "200" } }),
      outcome({ kind: "database", name: "select user" }),
      outcome({ kind: "retrieval", name: "statutes" }),
      outcome({ kind: "tool", name: "search", status: "timeout" }),
    ]);
    expect(
      value(families, 'flyball_run_duration_seconds_bucket{workflow="fir",status="ok",priority="critical",le="30"}'),
    ).toBe(1);
    expect(
      value(families, 'flyball_run_duration_seconds_bucket{workflow="fir",status="ok",priority="critical",le="25"}'),
    ).toBe(0);
    const request = 'method="GET",route="/x/:id",status_code="200"';
    expect(value(families, `flyball_http_request_duration_seconds_count{${request}}`)).toBe(1);
    expect(value(families, 'flyball_database_duration_seconds_count{operation="select user",status="ok"}')).toBe(1);
    expect(value(families, 'flyball_retrieval_duration_seconds_count{source="statutes",status="ok"}')).toBe(1);
    expect(value(families, 'flyball_tool_duration_seconds_count{tool="search",status="timeout"}')).toBe(1);
  });

  it("score quality, count retries and expose flags", async () => {
    const families = await recorded([
      outcome({
        attempts: 3,
        quality: [
          { name: "gold", score: 0.9 },
          { name: "rubric", score: 0.4 },
        ],
      }),
      outcome({ kind: "run", name: "fir", run: { ...run, decisions: { batching: "treatment", budgets: "off" } } }),
    ]);
    expect(value(families, 'flyball_quality_score_sum{scorer="gold",workflow="fir"}')).toBe(0.9);
    expect(value(families, 'flyball_quality_score_bucket{scorer="rubric",workflow="fir",le="0.4"}')).toBe(1);
    expect(value(families, 'flyball_retries_total{kind="node",name="summary"}')).toBe(2);
    expect(value(families, 'flyball_flag_exposures_total{flag="batching",arm="treatment"}')).toBe(1);
    expect(value(families, 'flyball_flag_exposures_total{flag="budgets",arm="off"}')).toBe(1);
  });

  it("have a bucket exactly at each threshold", async () => {
    const families = await recorded([outcome({ durationMs: 3_000 })], {
      thresholds: { flyball_node_duration_seconds: [3] },
    });
    const labels = 'workflow="fir",node="summary",status="ok",priority="critical"';
    expect(value(families, `flyball_node_duration_seconds_bucket{${labels},le="3"}`)).toBe(1);
    expect(value(families, `flyball_node_duration_seconds_bucket{${labels},le="2.56"}`)).toBe(0);
  });

  it("stay within the limit of series whatever names come, and lose no count", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 60 }), async (names) => {
        const families = await recorded(
          names.map((name) => outcome({ name })),
          { seriesLimit: 5 },
        );
        const counts = families
          .get("flyball_node_duration_seconds")
          ?.samples.filter((sample) => sample.series.startsWith("flyball_node_duration_seconds_count"));
        expect(counts?.length).toBeLessThanOrEqual(5);
        expect(counts?.reduce((sum, sample) => sum + sample.value, 0)).toBe(names.length);
      }),
      { numRuns: 50 },
    );
  });

  it("cut a label that is a text and not a word", async () => {
    const families = await recorded([outcome({ name: "x".repeat(10_000) })]);
    for (const family of families.values()) {
      for (const sample of family.samples) expect(sample.series.length).toBeLessThan(500);
    }
  });

  it("link buckets to traces that are kept, and only to those", async () => {
    const meter = createSeriesMeter();
    const metrics = createOutcomeMetrics({ meter });
    const kept = outcome({ durationMs: 5_000, traceId: "c".repeat(32) });
    for (const one of [outcome({}), kept, outcome({ durationMs: 5_010 })]) metrics.record(one);
    metrics.kept(kept);
    const { families } = await meterSource(meter).collect();
    const nodes = families.find((family) => family.name === "flyball_node_duration_seconds");
    const linked = nodes?.samples.filter((sample) => sample.exemplar);
    expect(linked?.map((sample) => [sample.series.match(/le="[^"]+"/)?.[0], sample.value])).toEqual([['le="5.12"', 3]]);
    const labels = `trace_id="${kept.traceId}",span_id="${kept.spanId}"`;
    expect(linked?.[0]?.exemplar).toEqual({ labels, value: 5, timestampMs: 6_000 });
  });

  it("count what is under way", async () => {
    const meter = createSeriesMeter();
    const metrics = createOutcomeMetrics({ meter });
    metrics.started("http");
    metrics.started("http");
    metrics.ended("http");
    metrics.started("run");
    metrics.started("node");
    const { families } = await meterSource(meter).collect();
    const active = families.flatMap((family) => family.samples.map((sample) => [sample.series, sample.value]));
    expect(active).toEqual([
      ["flyball_runs_active", 1],
      ["flyball_http_active_requests", 1],
    ]);
  });

  it("never throw, whatever they are given", () => {
    const metrics = createOutcomeMetrics({ meter: createSeriesMeter() });
    const broken = {
      ...outcome({}),
      get run(): never {
        throw new Error("broken");
      },
    };
    metrics.record(broken as unknown as Outcome);
    metrics.record(undefined as unknown as Outcome);
    expect(metrics.failures).toBe(2);
  });

  it.each(["workflow", "1st", "__name__", "a-b", ""])("refuse %j as an extra label", (name) => {
    expect(() => createOutcomeMetrics({ meter: createSeriesMeter(), labels: [name] })).toThrow(ConfigurationError);
  });
});
