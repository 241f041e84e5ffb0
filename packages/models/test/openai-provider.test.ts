import { CancelledError, fakeClock, TimeoutError } from "@flyball/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type BrokenAnswerError,
  type Chunk,
  createOpenAiProvider,
  type GenerateRequest,
  type ModelError,
  type OpenAiProviderOptions,
  ProviderHttpError,
} from "../src/index.ts";
import { completion, events, type Handler, json, piece, startServer } from "./http-server.ts";
import { until } from "./until.ts";

const request: GenerateRequest = { model: "gpt-4.1", messages: [{ role: "user", content: "hello" }] };
const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

async function setUp(handler: Handler, options: Partial<OpenAiProviderOptions> = {}) {
  const server = await startServer(handler);
  const clock = fakeClock();
  const provider = createOpenAiProvider({
    baseUrl: `${server.origin}/v1/`,
    apiKey: "sk-secret-key-123456",
    clock,
    random: () => 1,
    ...options,
  });
  cleanUp.push(server.close, provider.close);
  return { server, clock, provider };
}

async function collect(stream: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const caught = (promise: Promise<unknown>): Promise<ModelError & Partial<ProviderHttpError & BrokenAnswerError>> =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error) => error,
  );

describe("requests and answers", () => {
  it("sends what was asked and reads text, usage and identity", async () => {
    const { server, provider } = await setUp((_seen, response) =>
      json(
        response,
        200,
        completion("hi", {
          usage: {
            prompt_tokens: 100,
            completion_tokens: 30,
            total_tokens: 130,
            prompt_tokens_details: { cached_tokens: 64 },
            completion_tokens_details: { reasoning_tokens: 12 },
          },
          service_tier: "flex",
        }),
      ),
    );
    const result = await provider.generate({ ...request, maxTokens: 5, topP: 0.9, seed: 3, stop: ["\n"] });
    expect(result).toEqual({
      text: "hi",
      finishReason: "stop",
      model: "gpt-4.1-2025-04-14",
      id: "chatcmpl-1",
      usage: { inputTokens: 100, outputTokens: 30, cacheReadTokens: 64, reasoningTokens: 12, tier: "flex" },
    });
    expect(server.seen[0]).toMatchObject({ method: "POST", path: "/v1/chat/completions" });
    expect(server.seen[0]?.headers.authorization).toBe("Bearer sk-secret-key-123456");
    expect(server.seen[0]?.body).toEqual({
      model: "gpt-4.1",
      messages: [{ role: "user", content: "hello" }],
      max_tokens: 5,
      temperature: 0,
      top_p: 0.9,
      seed: 3,
      stop: ["\n"],
    });
  });

  it("asks for structured output and parses it; strict only where every object is closed", async () => {
    const { server, provider } = await setUp((_seen, response) => json(response, 200, completion('{"yes":true}')));
    const closed = {
      type: "object",
      properties: { yes: { type: "boolean" } },
      required: ["yes"],
      additionalProperties: false,
    };
    const result = await provider.generate({ ...request, schema: { name: "check", schema: closed } });
    expect(result.object).toEqual({ yes: true });
    await provider.generate({ ...request, schema: { name: "check", schema: { ...closed, required: [] } } });
    expect(server.seen.map((seen) => (seen.body as { response_format: unknown }).response_format)).toEqual([
      { type: "json_schema", json_schema: { name: "check", schema: closed, strict: true } },
      { type: "json_schema", json_schema: { name: "check", schema: { ...closed, required: [] }, strict: false } },
    ]);
  });

  it("refuses a structured answer that is not JSON, with the text on the error and not in its message", async () => {
    const { provider } = await setUp((_seen, response) => json(response, 200, completion("private words")));
    const error = await caught(provider.generate({ ...request, schema: { name: "check", schema: {} } }));
    expect(error).toMatchObject({ code: "response_malformed", partialText: "private words" });
    expect(error.message).not.toContain("private");
  });

  it("estimates usage that the provider left out, and says so", async () => {
    const { provider } = await setUp((_seen, response) =>
      json(response, 200, { choices: [{ message: { content: "four letters here" }, finish_reason: "weird" }] }),
    );
    const result = await provider.generate(request);
    expect(result.usage).toEqual({ inputTokens: 5, outputTokens: 4, estimated: true });
    expect(result.finishReason).toBe("other");
    expect(result.model).toBe("gpt-4.1");
  });

  it("streams pieces in order, then the result with the provider's usage", async () => {
    const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
    const { server, provider } = await setUp((_seen, response) =>
      events(response, [
        piece({ role: "assistant", content: "" }),
        piece({ content: "Hel" }),
        piece({ content: "lo" }),
        piece({}, "length"),
        { ...piece({}), choices: [], usage },
        "[DONE]",
      ]),
    );
    expect(await collect(provider.stream(request))).toEqual([
      { type: "text", text: "Hel" },
      { type: "text", text: "lo" },
      {
        type: "finish",
        result: {
          text: "Hello",
          finishReason: "length",
          usage: { inputTokens: 9, outputTokens: 2 },
          model: "gpt-4.1-2025-04-14",
          id: "chatcmpl-1",
        },
      },
    ]);
    expect(server.seen[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it("takes a stream as whole with a finish reason and no [DONE], or with [DONE] alone", async () => {
    const { provider } = await setUp((_seen, response, index) =>
      events(response, index === 0 ? [piece({ content: "a" }, "stop")] : [piece({ content: "b" }), "[DONE]"]),
    );
    for (const text of ["a", "b"]) {
      expect((await collect(provider.stream(request))).at(-1)).toMatchObject({ type: "finish", result: { text } });
    }
  });

  it("reads embeddings as base64 or as numbers, in the order of the inputs", async () => {
    const base64 = Buffer.from(Float32Array.of(0.25, -1).buffer).toString("base64");
    const { server, provider } = await setUp((_seen, response) =>
      json(response, 200, {
        object: "list",
        data: [
          { object: "embedding", index: 1, embedding: [3, 4] },
          { object: "embedding", index: 0, embedding: base64 },
        ],
        model: "text-embedding-3-small",
        usage: { prompt_tokens: 8, total_tokens: 8 },
      }),
    );
    const result = await provider.embed({ model: "text-embedding-3-small", inputs: ["a", "b"] });
    expect(result.vectors.map((vector) => [...vector])).toEqual([
      [0.25, -1],
      [3, 4],
    ]);
    expect(result.usage).toEqual({ inputTokens: 8, outputTokens: 0 });
    expect(server.seen[0]).toMatchObject({
      path: "/v1/embeddings",
      body: { input: ["a", "b"], encoding_format: "float" },
    });
    expect(await caught(provider.embed({ model: "m", inputs: ["a", "b", "c"] }))).toMatchObject({
      code: "response_malformed",
    });
  });

  it("asks for health, and never throws", async () => {
    const { server, provider } = await setUp((_seen, response, index) =>
      json(response, index === 0 ? 200 : 503, index === 0 ? { object: "list", data: [] } : { error: "warming up" }),
    );
    expect(await provider.health()).toEqual({ healthy: true, latencyMs: 0 });
    expect(await provider.health()).toEqual({
      healthy: false,
      latencyMs: 0,
      reason: "openai answered 503: warming up",
    });
    expect(server.seen[0]).toMatchObject({ method: "GET", path: "/v1/models" });
    await server.close();
    expect(await provider.health()).toMatchObject({
      healthy: false,
      reason: expect.stringContaining("cannot be reached"),
    });
  });
});

describe("refusals", () => {
  it.each([
    [
      401,
      { error: { message: "Incorrect API key provided: sk-secret-key-123456.", code: "invalid_api_key" } },
      "provider_unauthorized",
      false,
    ],
    [
      400,
      { error: { message: "max_tokens is too large", type: "invalid_request_error", code: null } },
      "provider_http",
      false,
    ],
    [404, { error: { message: "The model `x` does not exist", code: "model_not_found" } }, "provider_http", false],
    [
      429,
      { error: { message: "You exceeded your current quota", code: "insufficient_quota" } },
      "provider_rate_limited",
      false,
    ],
    [501, "<html><body><h1>Not  implemented</h1></body></html>", "provider_http", false],
  ])("%i is told at once, without secrets", async (status, body, code, retryable) => {
    const { server, provider } = await setUp((_seen, response) => json(response, status, body));
    const error = await caught(provider.generate(request));
    expect(error).toMatchObject({ code, status, retryable, attempts: 1 });
    expect(JSON.stringify([error.message, error])).not.toContain("sk-secret");
    expect(error.message).toContain(`openai answered ${status}: `);
    expect(server.seen).toHaveLength(1);
  });

  it("refuses an address with credentials and a key with a line break, without repeating either", () => {
    expect(() => createOpenAiProvider({ baseUrl: "https://me:hunter2@host/v1" })).toThrow(
      /^(?!.*hunter2).*credentials/,
    );
    expect(() => createOpenAiProvider({ baseUrl: "http://host/v1", apiKey: "hunter2\n" })).toThrow(
      /^(?!.*hunter2).*line breaks/,
    );
    expect(() => createOpenAiProvider({ baseUrl: "host:80" })).toThrow("an http or https URL");
  });
});

describe("retries", () => {
  it("waits as long as Retry-After asks, in seconds or as a date", async () => {
    const { server, provider, clock } = await setUp((_seen, response, index) => {
      if (index === 2) return json(response, 200, completion("at last"));
      const header = index === 0 ? "3" : new Date(clock.now() + 4000).toUTCString();
      json(response, 429, { error: { message: "slow down" } }, { "retry-after": header });
    });
    const answer = provider.generate(request);
    await server.requests(1);
    await until(() => clock.pending === 2);
    await clock.advance(2999);
    expect(server.seen).toHaveLength(1);
    await clock.advance(1);
    await server.requests(2);
    await until(() => clock.pending === 2);
    await clock.advance(4000);
    expect(await answer).toMatchObject({ text: "at last", attempts: 3 });
  });

  it("backs off exponentially without a header, and gives up after the last try", async () => {
    const { server, provider, clock } = await setUp((_seen, response) => json(response, 500, { error: "oops" }));
    const failure = caught(provider.generate(request));
    for (const [tries, wait] of [
      [1, 500],
      [2, 1000],
    ] as const) {
      await server.requests(tries);
      await until(() => clock.pending === 2);
      await clock.advance(wait - 1);
      expect(server.seen).toHaveLength(tries);
      await clock.advance(1);
    }
    expect(await failure).toMatchObject({ code: "provider_http", status: 500, attempts: 3 });
    expect(clock.pending).toBe(0);
  });

  it("does not begin a wait that its deadline would cut off", async () => {
    const { provider, clock } = await setUp((_seen, response) =>
      json(response, 429, [
        { error: { code: 429, message: "quota", status: "RESOURCE_EXHAUSTED", details: [{ retryDelay: "31s" }] } },
      ]),
    );
    expect(await caught(provider.generate(request))).toMatchObject({
      retryAfterMs: 31_000,
      providerCode: "RESOURCE_EXHAUSTED",
      attempts: 1,
    });
    expect(clock.pending).toBe(0);
  });

  it("stops waiting when the caller cancels", async () => {
    const { server, provider, clock } = await setUp((_seen, response) => json(response, 503, {}));
    const controller = new AbortController();
    const failure = caught(provider.generate({ ...request, signal: controller.signal }));
    await server.requests(1);
    await until(() => clock.pending === 2);
    controller.abort();
    expect(await failure).toBeInstanceOf(CancelledError);
    expect(clock.pending).toBe(0);
  });
});

describe("faults", () => {
  it("reports a refused connection, after its tries", async () => {
    const { server, provider, clock } = await setUp(() => {});
    await server.close();
    const failure = caught(provider.generate(request));
    for (const wait of [500, 1000]) {
      await until(() => clock.pending === 2);
      await clock.advance(wait);
    }
    const error = await failure;
    expect(error).toMatchObject({ code: "provider_unreachable", retryable: true, attempts: 3 });
    expect(error.message).toContain(`openai at ${server.origin} cannot be reached (ECONNREFUSED)`);
  });

  it("ends a hang at its deadline and gives the connection back", async () => {
    const { server, provider, clock } = await setUp(() => {});
    const failure = caught(provider.generate(request));
    await server.requests(1);
    await clock.advance(30_000);
    expect(await failure).toBeInstanceOf(TimeoutError);
    await until(() => server.open() === 0);
    expect(provider.stats().pooled).toMatchObject({ active: 0, waiting: 0 });
  });

  it("refuses half a stream with what had arrived", async () => {
    const { provider } = await setUp((_seen, response, index) => {
      events(response, [piece({ content: "Half of" })], index === 0);
      if (index === 1) setImmediate(() => response.socket?.destroy());
    });
    for (let i = 0; i < 2; i++) {
      expect(await caught(collect(provider.stream(request)))).toMatchObject({
        code: "stream_incomplete",
        partialText: "Half of",
      });
    }
  });

  it("refuses a stream that speaks nonsense, or of an error", async () => {
    const { provider } = await setUp((_seen, response, index) =>
      events(response, [
        piece({ content: "so far" }),
        index === 0 ? "{not json" : { error: { message: "overloaded" } },
      ]),
    );
    expect(await caught(collect(provider.stream(request)))).toMatchObject({
      code: "response_malformed",
      partialText: "so far",
    });
    const second = await caught(collect(provider.stream(request)));
    expect(second).toMatchObject({ code: "stream_incomplete", partialText: "so far" });
    expect((second.cause as Error).message).toContain("overloaded");
  });

  it.each([
    ["wrong JSON", "{", "something that is not JSON"],
    ["a wrong shape", { choices: [] }, 'an unexpected shape at "choices"'],
    ["HTML", "<html>", "something that is not JSON"],
  ])("refuses %s", async (_what, body, said) => {
    const { server, provider } = await setUp((_seen, response) => json(response, 200, body));
    const error = await caught(provider.generate(request));
    expect(error).toMatchObject({ code: "response_malformed" });
    expect(error.message).toContain(said);
    expect(server.seen).toHaveLength(1);
  });

  it("reports a server that goes away in the middle of an answer, and does not ask twice", async () => {
    const { server, provider } = await setUp((_seen, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"id":');
      setImmediate(() => response.socket?.destroy());
    });
    const error = await caught(provider.generate(request));
    expect(error).toMatchObject({ code: "provider_unreachable" });
    expect(error.message).toContain("broke off its answer");
    expect(server.seen).toHaveLength(1);
  });

  it("gives the connection back when a reader stops early", async () => {
    const { server, provider } = await setUp((_seen, response) => events(response, [piece({ content: "a" })], false));
    for await (const _ of provider.stream(request)) break;
    await until(() => server.open() === 0);
    expect(provider.stats().pooled).toMatchObject({ active: 0 });
  });

  it("cancels a stream that is silent", async () => {
    const { server, provider } = await setUp((_seen, response) => events(response, [piece({ content: "a" })], false));
    const controller = new AbortController();
    const reading = caught(collect(provider.stream({ ...request, signal: controller.signal })));
    await server.requests(1);
    controller.abort("enough");
    expect(await reading).toBeInstanceOf(CancelledError);
    await until(() => server.open() === 0);
  });
});

describe("breaker", () => {
  it("stops asking after failures in a row, then tries once", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    let ill = true;
    const { server, provider } = await setUp(
      (_seen, response) => (ill ? json(response, 500, {}) : json(response, 200, completion("well"))),
      { retry: { attempts: 1 }, breaker: { failures: 3, openMs: 1000 } },
    );
    for (let i = 0; i < 3; i++) expect(await caught(provider.generate(request))).toMatchObject({ status: 500 });
    expect(provider.stats().breaker).toBe("open");
    const refused = await caught(provider.generate(request));
    expect(refused).toMatchObject({ code: "circuit_open", retryable: false });
    expect(refused.cause).toBeInstanceOf(ProviderHttpError);
    expect(server.seen).toHaveLength(3);
    ill = false;
    vi.setSystemTime(Date.now() + 1000);
    expect((await provider.generate(request)).text).toBe("well");
    expect(provider.stats().breaker).toBe("closed");
  });

  it("does not mind refused requests and rate limits", async () => {
    const { provider } = await setUp((_seen, response, index) => json(response, index % 2 ? 400 : 429, {}), {
      retry: { attempts: 1 },
      breaker: { failures: 2 },
    });
    for (let i = 0; i < 6; i++) await caught(provider.generate(request));
    expect(provider.stats().breaker).toBe("closed");
  });

  it("can be left out", async () => {
    const { provider } = await setUp((_seen, response) => json(response, 500, {}), {
      retry: { attempts: 1 },
      breaker: false,
    });
    for (let i = 0; i < 6; i++) expect(await caught(provider.generate(request))).toMatchObject({ status: 500 });
    expect(provider.stats().breaker).toBe("off");
  });
});
