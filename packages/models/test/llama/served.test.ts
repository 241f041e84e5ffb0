import OpenAI from "openai";
import { afterAll, expect, it } from "vitest";
import { createLlamaProvider, createModelServer, tinyModelPath } from "../../src/index.ts";

// A GGUF file, the server and the official client together: what `flyball models serve --gguf FILE` is.
const provider = createLlamaProvider({ models: { tiny: { path: tinyModelPath, contextSize: 256 } } });
const server = createModelServer({ provider, models: ["tiny"] });
const { url } = await server.listen();
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 });
const messages = [{ role: "user" as const, content: "Summarize: The bus was late because of snow. Anna walked." }];

afterAll(async () => {
  await server.close(0);
  await provider.close();
});

it("streams what it also answers whole, and reuses the prompt", async () => {
  const first = await client.chat.completions.create({ model: "tiny", messages, max_tokens: 20 });
  const stream = client.chat.completions.stream({
    model: "tiny",
    messages,
    max_tokens: 20,
    stream_options: { include_usage: true },
  });
  const second = await stream.finalChatCompletion();
  expect(second.choices[0]?.message.content).toBe(first.choices[0]?.message.content);
  expect(second.usage).toMatchObject({ ...first.usage, prompt_tokens_details: { cached_tokens: expect.any(Number) } });
  const { prompt_tokens = 0, prompt_tokens_details } = second.usage ?? {};
  expect(prompt_tokens_details?.cached_tokens).toBe(prompt_tokens - 1);
});

it("answers in a schema, and embeds", async () => {
  const schema = {
    type: "object",
    properties: { sentiment: { type: "string", enum: ["positive", "negative"] } },
    required: ["sentiment"],
    additionalProperties: false,
  };
  const answer = await client.chat.completions.parse({
    model: "tiny",
    messages,
    response_format: { type: "json_schema", json_schema: { name: "sentiment", strict: true, schema } },
  });
  expect(["positive", "negative"]).toContain(
    (answer.choices[0]?.message.parsed as { sentiment: string } | null)?.sentiment,
  );
  const { data } = await client.embeddings.create({ model: "tiny", input: ["one", "two"] });
  expect(data).toHaveLength(2);
});

it("refuses a prompt that is too long as OpenAI does", async () => {
  const long = [{ role: "user" as const, content: "word ".repeat(600) }];
  await expect(client.chat.completions.create({ model: "tiny", messages: long })).rejects.toMatchObject({
    status: 400,
    code: "context_length_exceeded",
  });
  await expect(client.chat.completions.create({ model: "other", messages })).rejects.toMatchObject({ status: 404 });
});
