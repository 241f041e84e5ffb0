import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigurationError } from "@flyball/core";
import { createScriptedProvider, textAnswer, tinyModelPath } from "@flyball/models";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type StartOptions, start } from "../src/start.ts";

const begin = (options: StartOptions = {}) => start({ environment: {}, store: { path: ":memory:" }, ...options });
const ask = { model: "gpt-4o-mini", messages: [{ role: "user", content: "hello" }] } as const;

let server: Server;
let baseUrl: string;
let answer: (response: ServerResponse, authorization: string | undefined) => void;
let connections: number;
beforeEach(async () => {
  connections = 0;
  server = createServer((request, response) => {
    request.resume().once("end", () => answer(response, request.headers.authorization));
  });
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  answer = (response) => response.setHeader("content-type", "application/json").end(completion);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const completion = JSON.stringify({
  id: "c-1",
  model: "gpt-4o-mini",
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "hi" } }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
});

describe("model clients", () => {
  test("a preset takes its key from the configuration; without one it says which variable", async () => {
    let seen: string | undefined;
    answer = (response, authorization) => {
      seen = authorization;
      response.setHeader("content-type", "application/json").end(completion);
    };
    await using flyball = await begin({ environment: { OPENAI_API_KEY: "sk-test" } });
    const client = await flyball.models.client({ preset: "openai", baseUrl });
    expect((await client.generate(ask)).text).toBe("hi");
    expect(seen).toBe("Bearer sk-test");
    expect(flyball.windows.read({ kind: "model", name: "gpt-4o-mini" }).cost.usd).toBeGreaterThan(0);

    await using keyless = await begin();
    await expect(keyless.models.client({ preset: "gemini" })).rejects.toThrow(/GEMINI_API_KEY/);
    await expect(keyless.models.client({ preset: "claude" as "openai" })).rejects.toThrow(ConfigurationError);
  });

  test("api_timeout_seconds bounds an answer", async () => {
    answer = () => {};
    await using flyball = await begin({ environment: { api_timeout_seconds: "0.2" } });
    const client = await flyball.models.client({ baseUrl, retry: { attempts: 1 } });
    await expect(client.generate(ask)).rejects.toMatchObject({ code: "timeout" });
    expect(flyball.windows.read({ kind: "model" }).statuses.timeout).toBe(1);
  });

  test("enable_connection_pooling decides whether connections are used again", async () => {
    const used: number[] = [];
    for (const pooling of ["true", "false"]) {
      connections = 0;
      await using flyball = await begin({ environment: { enable_connection_pooling: pooling } });
      const client = await flyball.models.client({ baseUrl });
      for (let call = 0; call < 5; call++) await client.generate(ask);
      used.push(connections);
    }
    expect(used[0]).toBeLessThanOrEqual(2);
    expect(used[1]).toBe(5);
  });

  test("enable_optimized_pipeline=false takes the plain path although pooling is on", async () => {
    await using flyball = await begin({ environment: { enable_optimized_pipeline: "false" } });
    const client = await flyball.models.client({ baseUrl });
    for (let call = 0; call < 2; call++) await client.generate(ask);
    expect(connections).toBe(2);
  });

  test("enable_response_streaming decides whether answers come in pieces", async () => {
    const pieces: number[] = [];
    for (const streaming of ["true", "false"]) {
      await using flyball = await begin({ environment: { enable_response_streaming: streaming } });
      const client = await flyball.models.client({ provider: createScriptedProvider({ answers: ["one two three"] }) });
      let texts = 0;
      for await (const chunk of client.stream(ask)) if (chunk.type === "text") texts++;
      pieces.push(texts);
    }
    expect(pieces[0]).toBeGreaterThan(1);
    expect(pieces[1]).toBe(1);
  });

  test("enable_model_preloading decides whether models load ahead, and preload_timeout_seconds how long it may take", async () => {
    const provider = createScriptedProvider({ answers: ["hi"], loadMs: 5 });
    await using off = await begin({ environment: { enable_model_preloading: "false" } });
    expect(await off.models.preload(await off.models.client({ provider }), ["tiny"])).toEqual([]);
    expect(provider.loadedModels()).toEqual([]);

    await using on = await begin({ environment: { preload_timeout_seconds: "0.2" } });
    const client = await on.models.client({ provider });
    expect(await on.models.preload(client, ["tiny"])).toMatchObject([{ model: "tiny", status: "ready" }]);
    expect(provider.loadedModels()).toMatchObject([{ model: "tiny" }]);
    const slow = await on.models.client({ provider: createScriptedProvider({ answers: ["hi"], loadMs: 60_000 }) });
    expect(await on.models.preload(slow, ["huge"])).toMatchObject([{ model: "huge", status: "timeout" }]);
  });

  test("LLM_BATCH_SIZE bounds a batch, and enable_optimized_pipeline=false asks one by one", async () => {
    const calls: number[] = [];
    for (const environment of [{ LLM_BATCH_SIZE: "2" }, { enable_optimized_pipeline: "false" }]) {
      await using flyball = await begin({ environment });
      const provider = createScriptedProvider({
        answers: [{ when: (request) => request.schema !== undefined, text: '{"1":"a","2":"b"}' }, "alone"],
      });
      const client = await flyball.models.client({ provider });
      const instructions = "Answer each question.";
      const batcher = await flyball.models.questions({ client, model: "m", instructions, format: textAnswer });
      await Promise.all(["one?", "two?", "three?", "four?"].map((question) => batcher.ask(question)));
      calls.push(provider.calls.length);
    }
    expect(calls).toEqual([2, 4]);
  });

  test("a pool larger than the usual limit is allowed for", async () => {
    await using flyball = await begin({ environment: { connection_pool_size: "80" } });
    await expect(flyball.models.client({ baseUrl })).resolves.toBeDefined();
  });

  test("health is part of the report, each client under a name of its own, and clients close at shutdown", async () => {
    let closed = 0;
    const provider = (healthy: boolean) => ({
      ...createScriptedProvider({ answers: ["hi"], healthy: () => healthy }),
      close: async () => void closed++,
    });
    const flyball = await begin();
    await flyball.models.client({ provider: provider(true) });
    await flyball.models.client({ provider: provider(false) });
    const report = await flyball.health();
    expect(report.status).toBe("degraded");
    expect(report.parts["model scripted"]?.healthy).toBe(true);
    expect(report.parts["model scripted 2"]?.healthy).toBe(false);
    // One that its owner closed is no longer asked for its health, nor closed again.
    const third = await flyball.models.client({ provider: provider(false) });
    expect(Object.keys((await flyball.health()).parts)).toContain("model scripted 3");
    await third.close();
    expect(Object.keys((await flyball.health()).parts)).not.toContain("model scripted 3");
    await flyball.shutdown();
    expect(closed).toBe(3);
  });

  test("a GGUF file runs in the process under the name that was given", async () => {
    await using flyball = await begin();
    const client = await flyball.models.client({ gguf: tinyModelPath, model: "tiny", threads: 1 });
    const { usage } = await client.generate({ ...ask, model: "tiny", maxTokens: 4 });
    expect(usage.outputTokens).toBeGreaterThan(0);
    expect(flyball.windows.read({ kind: "model", name: "tiny" }).count).toBe(1);
  });
});
