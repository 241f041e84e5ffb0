import { fakeClock } from "@flyball/core";
import OpenAI from "openai";
import { Agent, request } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { createEmulator, type Emulator, type EmulatorOptions } from "../../src/emulator/emulator.ts";
import type { EmulatorProfileInput } from "../../src/emulator/profile.ts";
import type { Provider } from "../../src/types.ts";

const quick: EmulatorProfileInput = {
  name: "quick",
  latency: { baseMs: 20, perOutputTokenMs: 1 },
  embeddings: { baseMs: 5 },
  models: { "small-model": { baseMs: 1 } },
};

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function started(
  options: Partial<EmulatorOptions> = {},
): Promise<{ emulator: Emulator; openai: OpenAI; url: string }> {
  const emulator = createEmulator({ profile: quick, timeScale: 0.1, ...options });
  closing.push(() => emulator.close());
  const { url, baseUrl } = await emulator.listen();
  return { emulator, url, openai: new OpenAI({ apiKey: "none", baseURL: baseUrl, maxRetries: 0 }) };
}

const question = { model: "m", messages: [{ role: "user" as const, content: "What happened?" }], max_tokens: 12 };

describe("with OpenAI's own client", () => {
  it("answers whole, with usage, as many tokens as asked", async () => {
    const { openai, emulator } = await started();
    const { data, response } = await openai.chat.completions.create(question).withResponse();
    expect(data.choices[0]?.message.content?.split(" ")).toHaveLength(12);
    expect(data.choices[0]?.finish_reason).toBe("stop");
    expect(data.usage).toMatchObject({ completion_tokens: 12, prompt_tokens_details: { cached_tokens: 0 } });
    expect(response.headers.get("x-emulator-profile")).toBe("quick");
    expect(response.headers.get("x-emulator-time-scale")).toBe("0.1");
    expect(emulator.stats()).toMatchObject({ requests: 1, answered: 1, outputTokens: 12, timeScale: 0.1 });
  });

  it("streams the same text, then the usage", async () => {
    const { openai } = await started();
    const whole = await openai.chat.completions.create(question);
    const stream = await openai.chat.completions.create({
      ...question,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let chunks = 0;
    let completionTokens: number | undefined;
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta.content;
      if (piece) chunks++;
      text += piece ?? "";
      completionTokens = chunk.usage?.completion_tokens ?? completionTokens;
    }
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(chunks).toBe(12);
    expect(completionTokens).toBe(12);
  });

  it("gives vectors whose nearness follows shared words, in both encodings", async () => {
    const { openai } = await started();
    const input = ["theft of a red bicycle", "a red bicycle was stolen", "annual rainfall figures"];
    const read = async (encoding_format: "float" | "base64") =>
      (await openai.embeddings.create({ model: "e", input, encoding_format })).data.map(({ embedding }) => embedding);
    const floats = await read("float");
    // Asked for without a format, the client takes base64 and decodes it.
    const decoded = (await openai.embeddings.create({ model: "e", input })).data.map(({ embedding }) => embedding);
    expect(decoded.map((vector) => vector.map(Math.fround))).toEqual(floats.map((vector) => vector.map(Math.fround)));
    const dot = (a: number[], b: number[]): number =>
      a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
    const [first, near, far] = floats as [number[], number[], number[]];
    expect(dot(first, near)).toBeGreaterThan(dot(first, far));
    expect(dot(first, first)).toBeCloseTo(1, 5);
    expect(await read("base64")).toHaveLength(3);
  });

  it("gives JSON of the asked shape", async () => {
    const { openai } = await started();
    const answer = await openai.chat.completions.create({
      ...question,
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "verdict",
          schema: {
            type: "object",
            properties: {
              holds: { type: "boolean" },
              section: { enum: ["378", "379"] },
              reasons: { type: "array", minItems: 2, items: { type: "string" } },
              confidence: { type: "integer", minimum: 1, maximum: 5 },
            },
          },
        },
      },
    });
    const parsed = JSON.parse(answer.choices[0]?.message.content ?? "");
    expect(parsed).toEqual({
      holds: expect.any(Boolean),
      section: expect.stringMatching(/^37[89]$/),
      reasons: [expect.any(String), expect.any(String)],
      confidence: expect.any(Number),
    });
  });

  it("lists its models", async () => {
    const { openai } = await started();
    const models = await openai.models.list();
    expect(models.data.map(({ id }) => id)).toEqual(["small-model"]);
  });

  it("has its 429 obeyed: the client waits as long as told and succeeds", async () => {
    const { emulator, url } = await started({
      faults: { next: ["rate_limited", "server_error"], retryAfterSeconds: 0.2 },
    });
    const openai = new OpenAI({ apiKey: "none", baseURL: `${url}/v1`, maxRetries: 3 });
    await openai.chat.completions.create(question);
    expect(emulator.stats()).toMatchObject({ requests: 3, answered: 1, faults: { rate_limited: 1, server_error: 1 } });
  });

  it.each([
    ["reset", /connection error/i],
    ["garbage", /JSON|parse|token/i],
    ["half_stream", /terminated|closed|aborted|Premature|JSON|connection/i],
  ] as const)("meets %s as the error that it is", async (fault, expected) => {
    const { openai } = await started({ faults: { next: [fault] } });
    await expect(openai.chat.completions.create(question)).rejects.toThrow(expected);
    await expect(openai.chat.completions.create(question)).resolves.toBeDefined();
  });

  it("meets half a stream after half of the text", async () => {
    const { openai } = await started({ faults: { next: ["half_stream"] } });
    const stream = await openai.chat.completions.create({ ...question, stream: true });
    let chunks = 0;
    await expect(
      (async () => {
        for await (const _ of stream) chunks++;
      })(),
    ).rejects.toThrow();
    expect(chunks).toBe(6);
  });
});

describe("on its sockets", () => {
  it("counts the connections that callers open, and keeps them open for reuse", async () => {
    const { emulator, url } = await started();
    const agent = new Agent({ connections: 2 });
    closing.push(() => agent.close());
    const ask = async (): Promise<void> => {
      const { body } = await request(`${url}/v1/chat/completions`, {
        method: "POST",
        dispatcher: agent,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(question),
      });
      await body.dump();
    };
    await Promise.all(Array.from({ length: 8 }, ask));
    await ask();
    expect(emulator.stats()).toMatchObject({ connections: 2, answered: 9, inFlightPeak: 2 });
  });

  it("notices a caller who leaves a hung request, and closes with others hanging", async () => {
    const { emulator, url } = await started({ faults: { next: ["hang", "hang"] } });
    const leave = new AbortController();
    const ask = (signal?: AbortSignal) =>
      fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        body: JSON.stringify(question),
        ...(signal ? { signal } : {}),
      });
    const left = ask(leave.signal);
    const hanging = ask();
    hanging.catch(() => {});
    await expect.poll(() => emulator.stats().inFlight).toBe(2);
    leave.abort();
    await expect(left).rejects.toThrow();
    await expect.poll(() => emulator.stats().inFlight).toBe(1);
    await emulator.close();
    await expect(hanging).rejects.toThrow();
  });

  it("refuses what is not JSON, too large or not there", async () => {
    const { url } = await started();
    const post = (body: string) => fetch(`${url}/v1/chat/completions`, { method: "POST", body });
    expect((await post("{")).status).toBe(400);
    expect((await post(`"${"x".repeat(17 * 1024 * 1024)}"`)).status).toBe(413);
    expect((await fetch(`${url}/v1/completions`)).status).toBe(404);
  });

  it("says whether it is healthy", async () => {
    const { emulator, url } = await started();
    expect((await fetch(`${url}/health`)).status).toBe(200);
    emulator.setFaults({ unhealthy: true });
    expect((await fetch(`${url}/health`)).status).toBe(503);
  });

  it("lets only the bearer of the token set faults and read the counters", async () => {
    const { emulator, url, openai } = await started({ adminToken: "let-me-in" });
    const set = (headers: Record<string, string>, body: object) =>
      fetch(`${url}/emulator/faults`, { method: "POST", headers, body: JSON.stringify(body) });
    const admin = { authorization: "Bearer let-me-in" };
    expect((await set({}, {})).status).toBe(404);
    expect((await set({ authorization: "Bearer guess" }, {})).status).toBe(404);
    expect((await set(admin, { next: ["nonsense"] })).status).toBe(400);
    expect((await set(admin, { next: ["server_error"] })).status).toBe(200);
    await expect(openai.chat.completions.create(question)).rejects.toThrow(/500/);
    const read = await fetch(`${url}/emulator/stats`, { headers: admin });
    expect(await read.json()).toEqual(JSON.parse(JSON.stringify(emulator.stats())));
    const closed = await started();
    expect((await fetch(`${closed.url}/emulator/stats`, { headers: admin })).status).toBe(404);
  });
});

describe("with an inner provider", () => {
  function inner(answer: () => Promise<string>): Provider {
    return {
      name: "inner",
      async generate(asked) {
        const text = await answer();
        return { text, finishReason: "length", model: asked.model, usage: { inputTokens: 3, outputTokens: 7 } };
      },
      async *stream() {},
      embed: async ({ model, inputs }) => ({
        model,
        vectors: inputs.map(() => Float32Array.of(1, 2)),
        usage: { inputTokens: 1, outputTokens: 0 },
      }),
      health: async () => ({ healthy: true, latencyMs: 0 }),
      close: async () => {},
    };
  }

  it("sends its text, with its output tokens and the profile's timing", async () => {
    const { openai } = await started({ provider: inner(async () => "the text of a real model") });
    const { data, response } = await openai.chat.completions.create(question).withResponse();
    expect(data.choices[0]).toMatchObject({
      finish_reason: "length",
      message: { content: "the text of a real model" },
    });
    expect(data.usage?.completion_tokens).toBe(7);
    expect(Number(response.headers.get("x-emulator-planned-ms"))).toBeGreaterThan(10);
    const { data: vectors } = await openai.embeddings.create({ model: "e", input: ["a", "b"] });
    expect(vectors.map(({ embedding }) => embedding)).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it("counts an answer that took longer than planned, because its latency is not the profile's", async () => {
    const clock = fakeClock();
    const { openai, emulator } = await started({
      clock,
      provider: inner(async () => {
        await clock.advance(60_000);
        return "late";
      }),
    });
    await openai.chat.completions.create(question);
    expect(emulator.stats().overruns).toBe(1);
  });

  it("answers 502 when the inner provider fails", async () => {
    const { openai } = await started({ provider: inner(() => Promise.reject(new Error("out of memory"))) });
    await expect(openai.chat.completions.create(question)).rejects.toThrow(/502 out of memory/);
  });
});

describe("configuration", () => {
  it("refuses an unknown profile and a scale that is no scale", () => {
    expect(() => createEmulator({ profile: "constructor" })).toThrow(/profile: expected one of/);
    expect(() => createEmulator({ profile: "nobody" })).toThrow(/profile: expected one of fir, .*received "nobody"/);
    expect(() => createEmulator({ profile: "fir", timeScale: 0 })).toThrow(/timeScale/);
  });
});
