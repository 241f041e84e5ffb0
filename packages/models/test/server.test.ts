import { fakeClock, TimeoutError } from "@flyball/core";
import OpenAI, {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
  UnprocessableEntityError,
} from "openai";
import { afterEach, describe, expect, it } from "vitest";
import {
  createModelServer,
  createOpenAiProvider,
  createScriptedProvider,
  ModelError,
  type ModelServerOptions,
  OverloadedError,
  ProviderHttpError,
  type ScriptedAnswer,
} from "../src/index.ts";
import { providerConformance } from "./provider-conformance.ts";
import { scriptedSubject } from "./scripted-subject.ts";
import { until } from "./until.ts";

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

async function setUp(answers: (string | ScriptedAnswer)[], options: Partial<ModelServerOptions> = {}) {
  const provider = createScriptedProvider({ answers });
  const server = createModelServer({ provider, models: ["tiny"], ...options });
  const { url } = await server.listen();
  cleanUp.push(() => server.close(0));
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: options.token ?? "unused", maxRetries: 0 });
  return { provider, server, url, client };
}

const messages = [{ role: "user", content: "hello" }] as const;

providerConformance("the OpenAI provider over our own server", async () => {
  const scripted = scriptedSubject();
  const server = createModelServer({ provider: scripted });
  const { url } = await server.listen();
  const provider = createOpenAiProvider({ baseUrl: `${url}/v1`, retry: { attempts: 1 } });
  return {
    provider,
    model: "m",
    question: "short",
    longQuestion: "long",
    structuredQuestion: "structured",
    async close() {
      await provider.close();
      await server.close(0);
    },
  };
});

describe("the official client", () => {
  it("gets an answer with its usage, and its settings arrive", async () => {
    const usage = { inputTokens: 20, outputTokens: 3, cacheReadTokens: 16, reasoningTokens: 1 };
    const { client, provider } = await setUp([{ text: "hi there", usage, finishReason: "length" }]);
    const answer = await client.chat.completions.create({
      model: "tiny",
      messages: [
        { role: "developer", content: "be brief" },
        {
          role: "user",
          content: [
            { type: "text", text: "hel" },
            { type: "text", text: "lo" },
          ],
        },
      ],
      max_completion_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      seed: 4,
      stop: "\n",
      user: "somebody",
    });
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: "chat.completion",
      model: "tiny",
      choices: [{ index: 0, message: { role: "assistant", content: "hi there" }, finish_reason: "length" }],
      usage: {
        prompt_tokens: 20,
        completion_tokens: 3,
        total_tokens: 23,
        prompt_tokens_details: { cached_tokens: 16 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    });
    expect(provider.calls[0]).toMatchObject({
      model: "tiny",
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "hello" },
      ],
      maxTokens: 7,
      temperature: 0.5,
      topP: 0.9,
      seed: 4,
      stop: ["\n"],
    });
  });

  it("streams, with usage when asked", async () => {
    const { client } = await setUp(["one two three"]);
    const stream = await client.chat.completions.create({
      model: "tiny",
      messages: [...messages],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("one two three");
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 3 } });
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
  });

  it("streams through its helper, without usage when not asked", async () => {
    const { client } = await setUp(["one two"]);
    const runner = client.chat.completions.stream({ model: "tiny", messages: [...messages] });
    expect(await runner.finalContent()).toBe("one two");
    expect((await runner.finalChatCompletion()).usage).toBeUndefined();
  });

  it("parses structured output", async () => {
    const { client, provider } = await setUp(['{"yes":true}']);
    const schema = { type: "object", properties: { yes: { type: "boolean" } } };
    const answer = await client.chat.completions.parse({
      model: "tiny",
      messages: [...messages],
      response_format: { type: "json_schema", json_schema: { name: "check", strict: true, schema } },
    });
    expect(answer.choices[0]?.message.parsed).toEqual({ yes: true });
    expect(provider.calls[0]?.schema).toEqual({ name: "check", schema });
  });

  it("gets embeddings as it likes them", async () => {
    const { client } = await setUp([]);
    // Without a format the client asks for base64 and decodes it.
    const base64 = await client.embeddings.create({ model: "tiny", input: ["a cat", "a dog"] });
    const float = await client.embeddings.create({ model: "tiny", input: "a cat", encoding_format: "float" });
    expect(base64.data.map((item) => item.index)).toEqual([0, 1]);
    expect(base64.data[0]?.embedding).toHaveLength(64);
    expect(float.data[0]?.embedding).toEqual(base64.data[0]?.embedding);
    expect(float.usage).toEqual({ prompt_tokens: 1, total_tokens: 1 });
  });

  it("lists models", async () => {
    const { client } = await setUp([]);
    expect((await client.models.list()).data.map((model) => model.id)).toEqual(["tiny"]);
    expect((await client.models.retrieve("tiny")).id).toBe("tiny");
    await expect(client.models.retrieve("other")).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe("errors reach the official client as its own", () => {
  const upstream = new ProviderHttpError("slow down", { status: 429, retryAfterMs: 2500 });
  it.each([
    ["an unknown model", new ModelError("model_unknown", "no such model"), NotFoundError, "model_not_found"],
    [
      "a prompt that is too long",
      new ModelError("context_exceeded", "too long"),
      BadRequestError,
      "context_length_exceeded",
    ],
    ["a full queue", new OverloadedError("m", 3), RateLimitError, "rate_limit_exceeded"],
    ["a rate limit behind us", upstream, RateLimitError, "rate_limit_exceeded"],
    [
      "an endpoint behind us that is away",
      new ModelError("provider_unreachable", "away"),
      InternalServerError,
      "provider_unreachable",
    ],
    ["a timeout", new TimeoutError("the answer", 5), InternalServerError, "timeout"],
    [
      "nonsense where a schema was asked for",
      new ModelError("response_malformed", "x"),
      UnprocessableEntityError,
      "response_malformed",
    ],
    ["a bug", new TypeError("secret detail"), InternalServerError, "internal_error"],
  ])("%s", async (_what, fail, type, code) => {
    const { client } = await setUp([{ fail }]);
    for (const stream of [false, true]) {
      const error = await client.chat.completions.create({ model: "tiny", messages: [...messages], stream }).then(
        () => undefined,
        (thrown) => thrown,
      );
      expect(error).toBeInstanceOf(type);
      expect(error.code).toBe(code);
      expect(error.message).not.toContain("secret detail");
      if (fail === upstream) expect(error.headers.get("retry-after")).toBe("3");
    }
  });

  it("a failure in the middle of a stream", async () => {
    const { client } = await setUp([{ text: "one two three", cutAfter: 2 }]);
    const stream = await client.chat.completions.create({ model: "tiny", messages: [...messages], stream: true });
    let text = "";
    const reading = (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    })();
    await expect(reading).rejects.toMatchObject({ code: "stream_incomplete" });
    expect(text).toBe("one two");
  });

  it.each([
    [{ n: 2 }, "n", "only one choice"],
    [{ messages: [] }, "messages", "Too small"],
    [
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }] },
      "messages.0.content",
      "",
    ],
    [{ tools: [{ type: "function", function: { name: "f" } }] }, "tools", "calling tools is not supported"],
    [{ temperature: 9 }, "temperature", "Too big"],
    [{ max_tokens: 0 }, "max_tokens", "Too small"],
    [{ response_format: { type: "json_object" } }, "response_format.type", ""],
    [{ logprobs: true }, "logprobs", "log probabilities are not supported"],
    [{ stop: ["a", "b", "c", "d", "e"] }, "stop", ""],
  ])("a bad request %j", async (fields, param, said) => {
    const { client } = await setUp(["hi"]);
    const body = { model: "tiny", messages: [...messages], ...fields };
    const error = await client.chat.completions.create(body as never).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe(param);
    expect(error.message).toContain(said);
  });

  it("a wrong token; health needs none", async () => {
    const { url, client } = await setUp(["hi"], { token: "right" });
    const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: "wrong", maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toBeInstanceOf(AuthenticationError);
    expect((await client.models.list()).data).toHaveLength(1);
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: "ok" });
  });
});

describe("the server itself", () => {
  it("refuses what is not JSON, too large, or nowhere", async () => {
    const { url } = await setUp(["hi"], { bodyLimitBytes: 1000 });
    const post = (body: string) => fetch(`${url}/v1/chat/completions`, { method: "POST", body });
    expect((await post("{")).status).toBe(400);
    expect(
      await (await post(JSON.stringify({ model: "tiny", messages, user: "x".repeat(2000) }))).json(),
    ).toMatchObject({
      error: { code: "body_too_large" },
    });
    expect(await (await fetch(`${url}/v1/nowhere`)).json()).toMatchObject({
      error: { message: "There is no GET /v1/nowhere.", type: "invalid_request_error" },
    });
  });

  it("listens on loopback unless told", async () => {
    const { url } = await setUp(["hi"]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("says so when it is unhealthy, and asks the provider once in 30 seconds", async () => {
    const clock = fakeClock();
    let asked = 0;
    const provider = createScriptedProvider({ answers: [], healthy: () => asked++ > 0 });
    const { url } = await setUp([], { provider, clock });
    for (let i = 0; i < 2; i++) {
      const response = await fetch(`${url}/health`);
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({ status: "unhealthy", reason: "the script says so" });
    }
    expect(asked).toBe(1);
    await clock.advance(30_000);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it.each([false, true])("ends the answer when its client goes away (stream: %s)", async (stream) => {
    const { client, provider } = await setUp([{ text: "a b c", chunkDelayMs: 60_000 }]);
    const controller = new AbortController();
    const answer = (async () => {
      const body = { model: "tiny", messages: [...messages] };
      if (!stream) return client.chat.completions.create(body, { signal: controller.signal });
      for await (const _ of await client.chat.completions.create(
        { ...body, stream: true },
        { signal: controller.signal },
      ));
    })().catch(() => {});
    await until(() => provider.calls.length === 1);
    const signal = provider.calls[0]?.signal;
    controller.abort();
    await answer;
    await until(() => signal?.aborted === true);
  });

  it("finishes what is under way before it closes, but does not wait for ever", async () => {
    const { client, server, provider, url } = await setUp([
      { text: "done", delayMs: 50, times: 1 },
      { text: "never", hang: true },
    ]);
    const first = client.chat.completions.create({ model: "tiny", messages: [...messages] });
    await until(() => provider.calls.length === 1);
    const closed = server.close(10_000);
    expect((await first).choices[0]?.message.content).toBe("done");
    await closed;
    await expect(fetch(`${url}/health`)).rejects.toThrow();

    const other = await setUp([{ hang: true }]);
    const hanging = other.client.chat.completions
      .create({ model: "tiny", messages: [...messages] })
      .catch((error) => error);
    await until(() => other.provider.calls.length === 1);
    await other.server.close(1);
    expect(await hanging).toBeInstanceOf(Error);
    expect(other.provider.calls[0]?.signal?.aborted).toBe(true);
  });

  it("needs something to answer with", () => {
    expect(() => createModelServer({})).toThrow("client: expected a client or a provider");
  });
});
