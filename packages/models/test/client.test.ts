import { CancelledError, fakeClock, type Middleware, TimeoutError } from "@flyball/core";
import { createTelemetry, type Outcome } from "@flyball/telemetry";
import { describe, expect, it } from "vitest";
import {
  BrokenAnswerError,
  type Chunk,
  createModelClient,
  createScriptedProvider,
  type GenerateRequest,
  type GenerateResult,
  type ModelCall,
  type ModelClientOptions,
  ModelError,
  type Price,
  type ScriptedAnswer,
} from "../src/index.ts";

const request: GenerateRequest = { model: "m", messages: [{ role: "user", content: "hello there" }], maxTokens: 9 };
const price: Price = (usage) => ({ priced: true, usd: usage.outputTokens / 100, priceTable: "test" });

function setUp(answers: (string | ScriptedAnswer)[], more: Partial<ModelClientOptions> = {}) {
  const clock = fakeClock();
  const provider = createScriptedProvider({ answers, clock });
  const telemetry = createTelemetry({ clock });
  const outcomes: Outcome[] = [];
  telemetry.subscribe((outcome) => outcomes.push(outcome));
  return { clock, provider, outcomes, client: createModelClient({ provider, telemetry, clock, price, ...more }) };
}

async function collect(stream: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe("a call is one outcome", () => {
  it("records usage, cost and the conventions' attributes of a plain call", async () => {
    const { client, outcomes } = setUp([
      { text: "hi", usage: { inputTokens: 7, outputTokens: 2, cacheReadTokens: 5 } },
    ]);
    const result = await client.generate(request);
    expect(result.text).toBe("hi");
    expect(outcomes).toEqual([
      expect.objectContaining({
        kind: "model",
        name: "m",
        model: "m",
        provider: "scripted",
        status: "ok",
        usage: { inputTokens: 7, outputTokens: 2, cacheReadTokens: 5 },
        cost: { priced: true, usd: 0.02, priceTable: "test" },
        attributes: { "gen_ai.request.max_tokens": 9, "gen_ai.response.finish_reasons": "stop" },
      }),
    ]);
    expect(outcomes[0]?.stream).toBeUndefined();
  });

  it("leaves a call unpriced when the price function throws", async () => {
    const { client, outcomes } = setUp(["hi"], {
      price: () => {
        throw new RangeError("no table");
      },
    });
    await client.generate(request);
    expect(outcomes[0]?.cost).toEqual({ priced: false, reason: "the price function threw RangeError" });
  });

  it("records what went wrong, and rethrows it", async () => {
    const boom = new RangeError("boom");
    const { client, outcomes } = setUp([{ fail: boom }]);
    await expect(client.generate(request)).rejects.toBe(boom);
    expect(outcomes[0]).toMatchObject({ status: "error", errorType: "RangeError", errorMessage: "boom" });
  });

  it("says how many tries it took, of an answer and of a failure", async () => {
    const { client, outcomes, provider } = setUp(["hi"]);
    const generate = provider.generate.bind(provider);
    provider.generate = async (asked) => ({ ...(await generate(asked)), attempts: 2 });
    await client.generate(request);
    provider.generate = async () => {
      throw Object.assign(new ModelError("provider_unreachable", "away"), { attempts: 3 });
    };
    await client.generate(request).catch(() => {});
    expect(outcomes.map((outcome) => outcome.attempts)).toEqual([2, 3]);
  });

  it("tells a timeout from a cancellation", async () => {
    const { client, outcomes, clock } = setUp([{ hang: true }]);
    const late = client.generate({ ...request, timeoutMs: 50 });
    const refusal = expect(late).rejects.toBeInstanceOf(TimeoutError);
    await clock.advance(50);
    await refusal;
    const controller = new AbortController();
    const cancelled = client.generate({ ...request, signal: controller.signal });
    controller.abort("enough");
    await expect(cancelled).rejects.toBeInstanceOf(CancelledError);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["timeout", "cancelled"]);
  });

  it("hands content over apart from the outcome, for telemetry to keep where the user wants it", async () => {
    const clock = fakeClock();
    const telemetry = createTelemetry({ clock });
    const outcomes: Outcome[] = [];
    telemetry.subscribe((outcome) => outcomes.push(outcome));
    const content: unknown[] = [];
    const start = telemetry.start.bind(telemetry);
    telemetry.start = (beginning) => {
      const operation = start(beginning);
      operation.content = (part, produce) => void content.push([part, produce()]);
      return operation;
    };
    const client = createModelClient({
      provider: createScriptedProvider({ answers: ["hi"], clock }),
      telemetry,
      clock,
    });
    const system = { role: "system", content: "be brief" } as const;
    await client.generate({ ...request, messages: [system, ...request.messages] });
    expect(content).toEqual([
      ["input", request.messages],
      ["system", [system]],
      ["output", [{ role: "assistant", content: "hi" }]],
    ]);
    expect(JSON.stringify(outcomes)).not.toMatch(/brief|hello there/);
  });

  it("records embeddings as operations of their own", async () => {
    const { client, outcomes } = setUp([]);
    const { vectors } = await client.embed({ model: "e", inputs: ["cats purr", "a cat"] });
    expect(vectors.map((vector) => vector.length)).toEqual([64, 64]);
    expect(outcomes[0]).toMatchObject({ kind: "embedding", name: "e", status: "ok", usage: { outputTokens: 0 } });
  });

  it("works without telemetry", async () => {
    const client = createModelClient({ provider: createScriptedProvider({ answers: ["hi"] }) });
    expect((await client.generate(request)).text).toBe("hi");
    expect((await client.streamBuffered(request)).text).toBe("hi");
    await client.close();
  });
});

describe("streams", () => {
  const timed: ScriptedAnswer = { chunks: ["one ", "two ", "three"], delayMs: 200, chunkDelayMs: 30 };
  const modes: Record<string, (client: ReturnType<typeof setUp>["client"]) => Promise<GenerateResult>> = {
    "direct iteration": async (client) => {
      const last = (await collect(client.stream(request))).at(-1);
      if (last?.type !== "finish") throw new Error("no finish");
      return last.result;
    },
    callback: (client) => client.streamTo(request, () => {}),
    buffered: (client) => client.streamBuffered(request),
  };

  it.each(Object.entries(modes))("%s times the first chunk and the gaps", async (_mode, run) => {
    const { client, clock, outcomes } = setUp([timed]);
    const answer = run(client);
    await clock.advance(200);
    await clock.advance(60);
    expect((await answer).text).toBe("one two three");
    expect(outcomes).toEqual([
      expect.objectContaining({
        status: "ok",
        stream: { timeToFirstChunkMs: 200, meanChunkGapMs: 30, chunks: 3 },
        attributes: expect.objectContaining({ "gen_ai.request.stream": true }),
      }),
    ]);
  });

  it("calls back with typed chunks in order, the finish last", async () => {
    const { client } = setUp(["a b"]);
    const chunks: Chunk[] = [];
    await client.streamTo(request, (chunk) => chunks.push(chunk));
    expect(chunks.map((chunk) => (chunk.type === "text" ? chunk.text : chunk.type))).toEqual(["a", " b", "finish"]);
  });

  it("refuses a stream that was cut in half, with what had arrived", async () => {
    const { client, outcomes } = setUp([{ text: "a b c d", cutAfter: 2 }]);
    const error = await client.streamBuffered(request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BrokenAnswerError);
    expect(error).toMatchObject({ code: "stream_incomplete", partialText: "a b" });
    expect(Object.keys(error as object)).not.toContain("partialText");
    expect(outcomes[0]).toMatchObject({
      status: "error",
      errorType: "stream_incomplete",
      usage: { estimated: true, outputTokens: 1 },
    });
  });

  it("ends the provider's stream when the reader stops early", async () => {
    const { client, outcomes, provider } = setUp(["a b c d e f"]);
    let returned = false;
    const play = provider.stream.bind(provider);
    provider.stream = async function* (asked) {
      try {
        yield* play(asked);
      } finally {
        returned = true;
      }
    };
    for await (const chunk of client.stream(request)) if (chunk.type === "text" && chunk.text === " b") break;
    expect(returned).toBe(true);
    expect(outcomes[0]).toMatchObject({ status: "cancelled", stream: { chunks: 2 }, usage: { estimated: true } });
  });

  it("ends a silent provider when the caller's signal aborts", async () => {
    const { client, outcomes, clock, provider } = setUp([{ text: "a b", chunkDelayMs: 1e6 }]);
    const controller = new AbortController();
    const read = collect(client.stream({ ...request, signal: controller.signal }));
    await clock.advance(1);
    controller.abort("enough");
    await expect(read).rejects.toBeInstanceOf(CancelledError);
    expect(outcomes[0]).toMatchObject({ status: "cancelled", stream: { chunks: 1 } });
    expect(provider.loadedModels()).toMatchObject([{ model: "m", active: 0 }]);
  });

  it("does not run ahead of a slow reader", async () => {
    const { client, provider } = setUp([]);
    let made = 0;
    provider.stream = async function* () {
      for (; made < 100; ) {
        made++;
        yield { type: "text", text: "x" };
      }
    };
    const reader = client.stream(request)[Symbol.asyncIterator]();
    await reader.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeLessThanOrEqual(2);
    await reader.return?.();
  });
});

describe("middleware", () => {
  const cached: GenerateResult = {
    text: "from the cache",
    finishReason: "stop",
    usage: { inputTokens: 100, outputTokens: 50 },
    model: "m",
  };

  it("may change the request", async () => {
    const shorten: Middleware<ModelCall, GenerateResult> = (call, next) => {
      call.request = { ...call.request, maxTokens: 3 };
      return next();
    };
    const { client, provider } = setUp(["hi"], { middleware: [shorten] });
    await client.generate(request);
    await client.streamBuffered(request);
    expect(provider.calls.map((call) => call.maxTokens)).toEqual([3, 3]);
  });

  it("that answers by itself is streamed as one piece, and nothing counts as spent", async () => {
    const { client, outcomes, provider } = setUp([], { middleware: [async () => cached] });
    const chunks = await collect(client.stream(request));
    expect(chunks).toEqual([
      { type: "text", text: "from the cache" },
      { type: "finish", result: cached },
    ]);
    expect(await client.generate(request)).toBe(cached);
    expect(provider.calls).toEqual([]);
    expect(outcomes).toHaveLength(2);
    for (const outcome of outcomes) {
      expect(outcome.status).toBe("ok");
      expect(outcome.usage).toBeUndefined();
      expect(outcome.cost).toBeUndefined();
      expect(outcome.labels).toEqual({ source: "middleware" });
    }
  });

  it("that changes the answer changes neither the usage nor the text already streamed", async () => {
    const shout: Middleware<ModelCall, GenerateResult> = async (_call, next) => {
      const result = await next();
      return { ...result, text: result.text.toUpperCase(), usage: { inputTokens: 0, outputTokens: 0 } };
    };
    const { client, outcomes } = setUp([{ text: "hi", usage: { inputTokens: 7, outputTokens: 2 } }], {
      middleware: [shout],
    });
    expect((await client.streamBuffered(request)).text).toBe("HI");
    expect(outcomes[0]?.usage).toEqual({ inputTokens: 7, outputTokens: 2 });
  });

  it("that fails after the provider answered does not hide what was spent", async () => {
    const fail: Middleware<ModelCall, GenerateResult> = async (_call, next) => {
      await next();
      throw new RangeError("too late");
    };
    const usage = { inputTokens: 7, outputTokens: 2 };
    const { client, outcomes } = setUp([{ text: "hi", usage }], { middleware: [fail] });
    await expect(client.generate(request)).rejects.toThrow("too late");
    await expect(client.streamBuffered(request)).rejects.toThrow("too late");
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: "error", usage, cost: { usd: 0.02 } });
    expect(outcomes).toHaveLength(2);
  });

  it("wraps embeddings too", async () => {
    const { client } = setUp([], {
      embedMiddleware: [
        (call, next) => {
          call.request = { ...call.request, inputs: call.request.inputs.slice(0, 1) };
          return next();
        },
      ],
    });
    expect((await client.embed({ model: "e", inputs: ["a", "b"] })).vectors).toHaveLength(1);
  });
});

describe("health", () => {
  it("asks once in 30 seconds, once for callers at the same time, and afresh when told", async () => {
    let asked = 0;
    const { client, clock, provider } = setUp([]);
    provider.health = async () => {
      asked++;
      await clock.sleep(5);
      return { healthy: true, latencyMs: 5 };
    };
    const both = Promise.all([client.health(), client.health()]);
    await clock.advance(5);
    await both;
    expect(asked).toBe(1);
    await clock.advance(29_990);
    await client.health();
    expect(asked).toBe(1);
    const fresh = client.health({ fresh: true });
    await clock.advance(5);
    await fresh;
    expect(asked).toBe(2);
    await clock.advance(30_000);
    const again = client.health();
    await clock.advance(5);
    await again;
    expect(asked).toBe(3);
  });

  it("refuses a nonsensical time to live", () => {
    const provider = createScriptedProvider({ answers: [] });
    expect(() => createModelClient({ provider, healthTtlMs: -1 })).toThrow("healthTtlMs: expected milliseconds");
  });
});
