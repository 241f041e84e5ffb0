import { fakeClock } from "@flyball/core";
import { context, type SpanContext, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { afterEach, describe, expect, test } from "vitest";
import { evaluationEvent, flagEvaluationEvent } from "../src/events.ts";
import type { Profile } from "../src/names.ts";
import type { Outcome, RunScope } from "../src/outcome.ts";
import { createTelemetry } from "../src/telemetry.ts";
import type { TelemetryOptions } from "../src/telemetry-options.ts";
import { fakeHost, register, type SeenSpan, unregister } from "./fake-tracer.ts";
import { storedTelemetry } from "./support.ts";

afterEach(unregister);

const run: RunScope = {
  runId: "r1",
  workflow: "fir",
  session: "s1",
  priority: "critical",
  unit: "person-1",
  decisions: { parallel_checks: "treatment" },
};

function withTracer(options: TelemetryOptions = {}) {
  const host = fakeHost();
  const outcomes: Outcome[] = [];
  const telemetry = createTelemetry({ tracer: host.tracer, ...options });
  telemetry.subscribe((outcome) => outcomes.push(outcome));
  return { ...host, telemetry, outcomes };
}

describe("names, kinds and attributes", () => {
  const cases: readonly [Parameters<ReturnType<typeof withTracer>["telemetry"]["start"]>[0], string, SpanKind][] = [
    [{ kind: "run", name: "fir", run }, "invoke_workflow fir", SpanKind.INTERNAL],
    [{ kind: "node", name: "summary" }, "flyball.node summary", SpanKind.INTERNAL],
    [{ kind: "model", name: "any", model: "tiny" }, "chat tiny", SpanKind.CLIENT],
    [
      { kind: "model", name: "tiny", labels: { operation: "text_completion" } },
      "text_completion tiny",
      SpanKind.CLIENT,
    ],
    [{ kind: "embedding", name: "tiny" }, "embeddings tiny", SpanKind.CLIENT],
    [{ kind: "retrieval", name: "statutes" }, "retrieval statutes", SpanKind.CLIENT],
    [{ kind: "tool", name: "search" }, "execute_tool search", SpanKind.INTERNAL],
    [{ kind: "cache", name: "answers" }, "flyball.cache answers", SpanKind.INTERNAL],
    [{ kind: "database", name: "read_company" }, "flyball.database read_company", SpanKind.CLIENT],
    [{ kind: "http", name: "POST /analyze" }, "POST /analyze", SpanKind.SERVER],
    [{ kind: "evaluation", name: "gold" }, "flyball.evaluation gold", SpanKind.INTERNAL],
  ];
  test.each(cases)("of %o", (start, name, kind) => {
    const { telemetry, spans } = withTracer();
    telemetry.start(start).end("ok");
    expect(spans).toMatchObject([{ name, kind }]);
  });

  test.each<[Profile, string]>([
    ["v1.41", "gen_ai.usage.cache_creation.input_tokens"],
    ["genai-main", "gen_ai.usage.cache_write.input_tokens"],
  ])("of a model call in profile %s come from its outcome", (profile, cacheWrite) => {
    const { telemetry, spans } = withTracer({ profile });
    const operation = telemetry.start({
      kind: "model",
      name: "gpt-4o",
      model: "gpt-4o",
      provider: "openai",
      run,
      iteration: 2,
      attributes: { "gen_ai.request.max_tokens": 120 },
    });
    operation.end("ok", {
      model: "gpt-4o-2024-08-06",
      usage: { inputTokens: 100, outputTokens: 20, cacheReadTokens: 60, cacheWriteTokens: 30, reasoningTokens: 5 },
      cost: { priced: true, usd: 0.002, priceTable: "t1" },
      attempts: 2,
      stream: { timeToFirstChunkMs: 40, chunks: 7 },
      labels: { source: "cold" },
      attributes: { "gen_ai.response.finish_reasons": "stop" },
      quality: [{ name: "gold", score: 0.9, label: "good" }],
    });
    const [span] = spans as [SeenSpan];
    expect(span.attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.request.max_tokens": 120,
      "gen_ai.response.model": "gpt-4o-2024-08-06",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.conversation.id": "s1",
      "gen_ai.workflow.name": "fir",
      "gen_ai.usage.input_tokens": 100,
      "gen_ai.usage.output_tokens": 20,
      "gen_ai.usage.cache_read.input_tokens": 60,
      [cacheWrite]: 30,
      "gen_ai.usage.reasoning.output_tokens": 5,
      "flyball.run.id": "r1",
      "flyball.priority": "critical",
      "flyball.iteration": 2,
      "flyball.attempts": 2,
      "flyball.cost.usd": 0.002,
      "flyball.cost.price_table": "t1",
      "flyball.stream.time_to_first_chunk_ms": 40,
      "flyball.stream.chunks": 7,
      "flyball.label.source": "cold",
    });
    expect(span.events).toEqual([
      {
        name: "gen_ai.evaluation.result",
        attributes: {
          "gen_ai.evaluation.name": "gold",
          "gen_ai.evaluation.score.value": 0.9,
          "gen_ai.evaluation.score.label": "good",
        },
      },
    ]);
    expect(span.status).toBeUndefined();
  });

  test("a run carries its decisions, never its unit", () => {
    const { telemetry, spans } = withTracer();
    telemetry.start({ kind: "run", name: "fir", run }).end("ok");
    expect(spans[0]?.attributes).toMatchObject({
      "flyball.flag.parallel_checks": "treatment",
      "gen_ai.workflow.name": "fir",
    });
    expect(JSON.stringify(spans[0])).not.toContain("person-1");
  });

  test("an HTTP request has the conventions' own attributes", () => {
    const { telemetry, spans } = withTracer();
    const labels = { method: "GET", route: "/health", status_code: "503" };
    telemetry.record({ kind: "http", name: "GET /health", labels, durationMs: 3, status: "error", errorType: "503" });
    expect(spans[0]?.attributes).toMatchObject({
      "http.request.method": "GET",
      "http.route": "/health",
      "http.response.status_code": 503,
      "error.type": "503",
    });
  });

  test("what failed says how, and what was cancelled is no error", () => {
    const { telemetry, spans } = withTracer();
    const start = { kind: "node", name: "n" } as const;
    telemetry.start(start).end("error", { errorType: "model_refused", errorMessage: "mail to a@example.org failed" });
    telemetry.start(start).end("timeout");
    telemetry.start(start).end("cancelled");
    telemetry.start(start).end("suspended");
    expect(
      spans.map(({ status, attributes }) => [status, attributes["error.type"], attributes["flyball.status"]]),
    ).toEqual([
      [{ code: SpanStatusCode.ERROR, message: "mail to [email] failed" }, "model_refused", "error"],
      [{ code: SpanStatusCode.ERROR }, "timeout", "timeout"],
      [undefined, "cancelled", "cancelled"],
      [undefined, undefined, "suspended"],
    ]);
  });

  test("secrets in URLs do not reach attributes or events", () => {
    const { telemetry, spans } = withTracer();
    const operation = telemetry.start({ kind: "tool", name: "t", attributes: { url: "https://u:secret1@x.example/" } });
    operation.event("called", { url: "https://x.example/?token=secret2" });
    operation.end("ok");
    expect(JSON.stringify(spans)).not.toMatch(/secret[12]/);
  });

  test("times are the outcome's, to the microsecond, also under a clock of long ago", () => {
    const clock = fakeClock(Date.UTC(2001, 0, 1) + 7);
    const { telemetry, spans } = withTracer({ clock });
    telemetry.record({ kind: "node", name: "n", durationMs: 1.25 });
    expect(spans[0]?.startTime).toEqual([978_307_200, 5_750_000]);
    expect(spans[0]?.endTime).toEqual([978_307_200, 7_000_000]);
  });
});

describe("a host with a provider", () => {
  test("gets our spans under its active one, and its own spans lie under ours", async () => {
    const host = fakeHost();
    register(host);
    const { telemetry, outcomes } = withTracer({ tracer: undefined as never });
    const request = host.tracer.startSpan("GET /");
    await context.with(trace.setSpan(context.active(), request), () =>
      telemetry.trace({ kind: "run", name: "fir", run }, async () => {
        await Promise.resolve();
        const inside = host.tracer.startSpan("their own");
        await context.with(trace.setSpan(context.active(), inside), () =>
          telemetry.trace({ kind: "node", name: "n" }, async () => {}),
        );
      }),
    );
    const [get, ours, theirs, node] = host.spans as [SeenSpan, SeenSpan, SeenSpan, SeenSpan];
    expect(ours.parentSpanId).toBe(get.ids.spanId);
    expect(theirs.parentSpanId).toBe(ours.ids.spanId);
    expect(node.parentSpanId).toBe(theirs.ids.spanId);
    const [nodeOutcome, runOutcome] = outcomes as [Outcome, Outcome];
    expect(runOutcome).toMatchObject({
      traceId: get.ids.traceId,
      spanId: ours.ids.spanId,
      parentSpanId: get.ids.spanId,
    });
    // Our own tree has no gaps: the host's spans are not in it.
    expect(nodeOutcome).toMatchObject({ spanId: node.ids.spanId, parentSpanId: ours.ids.spanId });
  });

  test("without a context manager our operations still nest", async () => {
    const host = fakeHost();
    register(host, false);
    const { telemetry } = withTracer({ tracer: undefined as never });
    await telemetry.trace({ kind: "run", name: "fir", run }, () =>
      telemetry.trace({ kind: "node", name: "n" }, async () => {}),
    );
    const [outer, inner] = host.spans as [SeenSpan, SeenSpan];
    expect(inner).toMatchObject({ parentSpanId: outer.ids.spanId, ids: { traceId: outer.ids.traceId } });
  });

  test("that registers late is found", async () => {
    const clock = fakeClock();
    const { telemetry, outcomes } = withTracer({ tracer: undefined as never, clock });
    telemetry.start({ kind: "node", name: "n" }).end("ok");
    const host = fakeHost();
    register(host);
    await clock.advance(1_000);
    telemetry.start({ kind: "node", name: "n" }).end("ok");
    expect(host.spans).toHaveLength(1);
    expect(outcomes[1]?.spanId).toBe(host.spans[0]?.ids.spanId);
  });

  test("that samples nothing costs it no attributes, and loses us nothing", async () => {
    const host = fakeHost({ samples: false });
    register(host);
    const { telemetry, store } = storedTelemetry();
    await telemetry.trace({ kind: "run", name: "fir", run }, (operation) => {
      operation.event("started");
      return telemetry.trace({ kind: "node", name: "n" }, async () => {});
    });
    expect(host.spans.map(({ writes, endTime }) => [writes, endTime !== undefined])).toEqual([
      [0, true],
      [0, true],
    ]);
    expect(telemetry.windows.read().count).toBe(2);
    await store.writer.flush(1_000);
    expect(telemetry.traces?.list()).toMatchObject([{ runId: "r1", spans: 2, traceId: host.spans[0]?.ids.traceId }]);
  });

  test("whose tracer only passes its parent on gives us no span, and we take no id twice", () => {
    const host = fakeHost();
    host.tracer.startSpan = (_name, _options, parent) =>
      trace.wrapSpanContext(trace.getSpanContext(parent ?? context.active()) as SpanContext);
    register(host);
    const { telemetry, outcomes } = withTracer({ tracer: undefined as never });
    const parent = { traceId: "a".repeat(32), spanId: "b".repeat(16) };
    telemetry.start({ kind: "run", name: "fir", run, parent }).end("ok");
    expect(outcomes[0]).toMatchObject({ traceId: parent.traceId, parentSpanId: parent.spanId });
    expect(outcomes[0]?.spanId).not.toBe(parent.spanId);
  });

  test("that shuts its provider down leaves us with ids of our own", () => {
    const host = fakeHost();
    register(host);
    const { telemetry, outcomes } = withTracer({ tracer: undefined as never });
    telemetry.start({ kind: "node", name: "n" }).end("ok");
    // A tracer that was shut down gives spans without a valid context.
    host.tracer.startSpan = () =>
      trace.wrapSpanContext({ traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 });
    telemetry.start({ kind: "node", name: "n" }).end("ok");
    expect(outcomes[1]?.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
  });

  test("whose tracer throws is not noticed by the pipeline", async () => {
    const host = fakeHost();
    host.tracer.startSpan = () => {
      throw new Error("broken tracer");
    };
    const { telemetry, outcomes } = withTracer({ tracer: host.tracer });
    expect(await telemetry.trace({ kind: "node", name: "n" }, async () => 7)).toBe(7);
    expect(outcomes).toHaveLength(1);
    expect(telemetry.stats().failures).toEqual({ span: 1 });
  });

  test("continues a trace of another process, and links the request that does so", () => {
    const host = fakeHost();
    register(host);
    const { telemetry } = withTracer({ tracer: undefined as never });
    const parent = { traceId: "a".repeat(32), spanId: "b".repeat(16) };
    const request = host.tracer.startSpan("POST /approve");
    context.with(trace.setSpan(context.active(), request), () =>
      telemetry.start({ kind: "run", name: "fir", run, parent }).end("ok"),
    );
    expect(host.spans[1]).toMatchObject({
      ids: { traceId: parent.traceId },
      parentSpanId: parent.spanId,
      links: [{ context: { spanId: host.spans[0]?.ids.spanId } }],
    });
  });
});

describe("without any provider", () => {
  test("a continued trace gets span ids of its own", () => {
    const { telemetry, outcomes } = withTracer({ tracer: undefined as never });
    const parent = { traceId: "a".repeat(32), spanId: "b".repeat(16) };
    telemetry.start({ kind: "run", name: "fir", run, parent }).end("ok");
    expect(outcomes[0]).toMatchObject({ traceId: parent.traceId, parentSpanId: parent.spanId });
    expect(outcomes[0]?.spanId).not.toBe(parent.spanId);
  });
});

describe("content", () => {
  const prompt = [{ role: "user", content: "I am jane@example.org, key sk-abcdefghijklmnop1234" }];

  test("is not even serialised when capture is off", () => {
    const { telemetry, spans } = withTracer();
    const operation = telemetry.start({ kind: "model", name: "tiny" });
    operation.content("input", () => {
      throw new Error("must not be called");
    });
    operation.end("ok");
    expect(Object.keys(spans[0]?.attributes ?? {}).join()).not.toContain("messages");
    expect(telemetry.stats().failures).toEqual({});
  });

  test("is redacted and cut when capture is on", () => {
    const { telemetry, spans } = withTracer({ content: { capture: true, maxLength: 60, redact: [/tiny-\w+/] } });
    const operation = telemetry.start({ kind: "model", name: "tiny" });
    operation.content("input", () => prompt);
    operation.content("output", () => `answer of tiny-model ${"long ".repeat(50)}`);
    operation.content("system", () => "Be brief.");
    operation.end("ok");
    expect(spans[0]?.attributes).toMatchObject({
      "gen_ai.input.messages": '[{"role":"user","content":"I am [email], key [key]"}]',
      "gen_ai.output.messages": expect.stringMatching(/^answer of \[redacted\] long .{0,40}…$/),
      "gen_ai.system_instructions": "Be brief.",
    });
    expect(String(spans[0]?.attributes["gen_ai.output.messages"])).toHaveLength(60);
  });

  test("that cannot be serialised loses only itself", () => {
    const { telemetry, outcomes } = withTracer({ content: { capture: true } });
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const operation = telemetry.start({ kind: "model", name: "tiny" });
    operation.content("input", () => circle);
    operation.end("ok");
    expect(outcomes).toHaveLength(1);
    expect(telemetry.stats().failures).toEqual({ content: 1 });
  });
});

test("events have the conventions' names", () => {
  const { telemetry, spans } = withTracer();
  const operation = telemetry.start({ kind: "run", name: "fir", run });
  operation.event(...flagEvaluationEvent({ key: "f", variant: "treatment", provider: "unleash", reason: "split" }));
  operation.event(...evaluationEvent({ name: "gold", score: 1, explanation: "same words" }));
  operation.end("ok");
  operation.event("too late");
  expect(spans[0]?.events).toEqual([
    {
      name: "feature_flag.evaluation",
      attributes: {
        "feature_flag.key": "f",
        "feature_flag.result.variant": "treatment",
        "feature_flag.provider.name": "unleash",
        "feature_flag.result.reason": "split",
      },
    },
    {
      name: "gen_ai.evaluation.result",
      attributes: {
        "gen_ai.evaluation.name": "gold",
        "gen_ai.evaluation.score.value": 1,
        "gen_ai.evaluation.explanation": "same words",
      },
    },
  ]);
});
