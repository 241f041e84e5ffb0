import { afterEach, describe, expect, it } from "vitest";
import { gemini, llamaServer, type OpenAiProvider, ollama, openai, type PresetOptions } from "../src/index.ts";
import { events, type Handler, json, startServer } from "./http-server.ts";

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

async function setUp(preset: (options: PresetOptions) => OpenAiProvider, path: string, handler: Handler, env = {}) {
  const server = await startServer(handler);
  const provider = preset({ baseUrl: server.origin + path, env, retry: { attempts: 1 } });
  cleanUp.push(server.close, provider.close);
  return { server, provider };
}

const request = { messages: [{ role: "user", content: "hello" }], maxTokens: 16, seed: 1 } as const;

describe("OpenAI", () => {
  const shape = {
    id: "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
    object: "chat.completion",
    created: 1741569952,
    model: "gpt-5-2025-08-07",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "Hello!", refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: {
      prompt_tokens: 1117,
      completion_tokens: 46,
      total_tokens: 1163,
      prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 40, audio_tokens: 0 },
    },
    service_tier: "default",
    system_fingerprint: "fp_fc9f1d7035",
  };

  it("sends max_completion_tokens, and no sampling to models that fix theirs", async () => {
    const { server, provider } = await setUp(openai, "/v1", (_seen, response) => json(response, 200, shape), {
      OPENAI_API_KEY: "sk-from-env",
    });
    expect(provider.name).toBe("openai");
    const result = await provider.generate({ ...request, model: "gpt-5", temperature: 0 });
    await provider.generate({ ...request, model: "gpt-4.1" });
    expect(server.seen[0]?.headers.authorization).toBe("Bearer sk-from-env");
    expect(server.seen.map((seen) => seen.body)).toEqual([
      { model: "gpt-5", messages: request.messages, max_completion_tokens: 16, seed: 1 },
      { model: "gpt-4.1", messages: request.messages, max_completion_tokens: 16, seed: 1, temperature: 0 },
    ]);
    expect(result.usage).toEqual({ inputTokens: 1117, outputTokens: 46, cacheReadTokens: 1024, reasoningTokens: 40 });
  });

  it("says which variable is missing, and may live elsewhere", async () => {
    expect(() => openai({ env: {} })).toThrow("OPENAI_API_KEY: expected an API key for openai");
    const server = await startServer((_seen, response) => json(response, 200, { object: "list", data: [] }));
    const provider = openai({ env: { OPENAI_API_KEY: "k", OPENAI_BASE_URL: `${server.origin}/gateway` } });
    cleanUp.push(server.close, provider.close);
    expect(await provider.health()).toMatchObject({ healthy: true });
    expect(server.seen[0]?.path).toBe("/gateway/models");
  });
});

describe("Gemini", () => {
  it("never sends a seed, and counts the thinking that completion_tokens leaves out", async () => {
    const { server, provider } = await setUp(
      gemini,
      "/v1beta/openai",
      (_seen, response) =>
        json(response, 200, {
          choices: [{ finish_reason: "stop", index: 0, message: { content: "Hi", role: "assistant" } }],
          created: 1756300000,
          id: "abc",
          model: "gemini-2.5-flash",
          object: "chat.completion",
          usage: { completion_tokens: 198, prompt_tokens: 20, total_tokens: 623 },
        }),
      { GEMINI_API_KEY: "AIzaSyExample" },
    );
    expect(provider.name).toBe("gcp.gemini");
    const result = await provider.generate({ ...request, model: "gemini-2.5-flash" });
    expect(server.seen[0]).toMatchObject({ path: "/v1beta/openai/chat/completions" });
    expect(server.seen[0]?.headers.authorization).toBe("Bearer AIzaSyExample");
    expect(server.seen[0]?.body).toEqual({
      model: "gemini-2.5-flash",
      messages: request.messages,
      max_tokens: 16,
      temperature: 0,
    });
    expect(result.usage).toEqual({ inputTokens: 20, outputTokens: 603, reasoningTokens: 405 });
    expect(() => gemini({ env: {} })).toThrow("GEMINI_API_KEY");
  });

  it("reads errors that come as a list, with the wait in the body", async () => {
    const { provider } = await setUp(
      gemini,
      "/v1beta/openai",
      (_seen, response) =>
        json(response, 429, [
          {
            error: {
              code: 429,
              message: "You exceeded your current quota for key AIzaSyExampleKeyThatLeaks.",
              status: "RESOURCE_EXHAUSTED",
              details: [
                { "@type": "type.googleapis.com/google.rpc.Help", links: [] },
                { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "17.5s" },
              ],
            },
          },
        ]),
      { GEMINI_API_KEY: "k" },
    );
    const error = await provider.generate({ ...request, model: "m" }).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: "provider_rate_limited",
      retryAfterMs: 17_500,
      providerCode: "RESOURCE_EXHAUSTED",
    });
    expect(error.message).not.toContain("AIza");
  });
});

describe("Ollama", () => {
  it("needs no key, streams with usage, and embeds without being asked for a format", async () => {
    const chunk = (delta: object, finish: string | null) => ({
      id: "chatcmpl-414",
      object: "chat.completion.chunk",
      created: 1756300000,
      model: "llama3.2",
      system_fingerprint: "fp_ollama",
      choices: [{ index: 0, delta: { role: "assistant", content: "", ...delta }, finish_reason: finish }],
    });
    const { server, provider } = await setUp(ollama, "/v1", (seen, response) =>
      seen.path.endsWith("embeddings")
        ? json(response, 200, {
            object: "list",
            data: [{ object: "embedding", embedding: [0.5, 0.5], index: 0 }],
            model: "all-minilm",
            usage: { prompt_tokens: 3, total_tokens: 3 },
          })
        : events(response, [
            chunk({ content: "Hi" }, null),
            chunk({}, "stop"),
            { ...chunk({}, null), choices: [], usage: { prompt_tokens: 26, completion_tokens: 2, total_tokens: 28 } },
            "[DONE]",
          ]),
    );
    const chunks = [];
    for await (const item of provider.stream({ ...request, model: "llama3.2" })) chunks.push(item);
    expect(chunks.at(-1)).toMatchObject({ result: { text: "Hi", usage: { inputTokens: 26, outputTokens: 2 } } });
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
    expect((await provider.embed({ model: "all-minilm", inputs: ["a"] })).usage.inputTokens).toBe(3);
    expect(server.seen[1]?.body).toEqual({ model: "all-minilm", input: ["a"] });
  });
});

describe("llama.cpp's server", () => {
  it("is asked for health at its root, and its loading is not health", async () => {
    const { server, provider } = await setUp(llamaServer, "/v1", (seen, response) =>
      seen.path === "/health"
        ? json(response, 503, { error: { code: 503, message: "Loading model", type: "unavailable_error" } })
        : json(response, 200, {
            choices: [{ finish_reason: "length", index: 0, message: { role: "assistant", content: "Hi" } }],
            created: 1756300000,
            model: "tiny.gguf",
            system_fingerprint: "b6000-abc",
            object: "chat.completion",
            usage: {
              completion_tokens: 2,
              prompt_tokens: 40,
              total_tokens: 42,
              prompt_tokens_details: { cached_tokens: 36 },
            },
            id: "chatcmpl-x",
            timings: { cache_n: 36, prompt_n: 4, prompt_ms: 30.9, predicted_n: 2, predicted_ms: 61.1 },
          }),
    );
    expect(await provider.health()).toMatchObject({ healthy: false, reason: "llama.cpp answered 503: Loading model" });
    const result = await provider.generate({ ...request, model: "tiny.gguf" });
    expect(result).toMatchObject({
      finishReason: "length",
      usage: { inputTokens: 40, outputTokens: 2, cacheReadTokens: 36 },
    });
    expect(server.seen[1]?.body).toMatchObject({ max_tokens: 16, seed: 1, temperature: 0 });
  });
});
