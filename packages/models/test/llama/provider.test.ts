import { CancelledError, fakeClock, silentLogger } from "@flyball/core";
import { afterAll, describe, expect, it } from "vitest";
import {
  createIdleRelease,
  createLlamaProvider,
  createPreloader,
  type GenerateRequest,
  type LlamaModelSettings,
  type LlamaProvider,
} from "../../src/index.ts";
import { tinyGguf } from "../tiny-gguf.ts";
import { until } from "../until.ts";
import { temporaryFiles } from "./files.ts";

const path = temporaryFiles()("random.gguf", tinyGguf());
const providers: LlamaProvider[] = [];
afterAll(async () => {
  for (const provider of providers) await provider.close();
});

function open(settings: Partial<LlamaModelSettings> = {}): LlamaProvider {
  const provider = createLlamaProvider({ models: { random: { path, ...settings } } });
  providers.push(provider);
  return provider;
}

const ask = (content: string, more: Partial<GenerateRequest> = {}): GenerateRequest => ({
  model: "random",
  messages: [{ role: "user", content }],
  maxTokens: 16,
  ...more,
});

describe("generation", () => {
  const provider = open();

  it("counts exactly what it was given and what it made", async () => {
    const result = await provider.generate(ask("hello"));
    // <s>, "user: hello\n" and "assistant: ", a token a character.
    expect(result.usage).toEqual({ inputTokens: 1 + 12 + 11, outputTokens: 16 });
    expect(result.finishReason).toBe("length");
    expect(result.text).toHaveLength(16);
  });

  it("is greedy by default, and random by seed with a temperature", async () => {
    const said = async (more: Partial<GenerateRequest>) => (await provider.generate(ask("seeds", more))).text;
    expect(await said({})).toBe(await said({}));
    const [first, again, other] = [
      await said({ temperature: 1.5, seed: 1 }),
      await said({ temperature: 1.5, seed: 1 }),
      await said({ temperature: 1.5, seed: 2 }),
    ];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(await said({ temperature: 1.5, seed: 1, topP: 0.0001 })).toBe(await said({}));
  });

  it("stops at a stop text that spans tokens, and does not give it", async () => {
    const { text } = await provider.generate(ask("stops"));
    const stop = text.slice(6, 9);
    const result = await provider.generate(ask("stops", { stop: [stop] }));
    expect(result.finishReason).toBe("stop");
    expect(result.text).toBe(text.slice(0, text.indexOf(stop)));
  });

  it("refuses a prompt that leaves no room", async () => {
    const error = await provider.generate(ask("x".repeat(600))).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "context_exceeded" });
    expect(error.message).toMatch(/has 6\d\d tokens and random sees 512/);
  });

  it("ends at the end of its context", async () => {
    const result = await provider.generate(ask("x".repeat(470), { maxTokens: 1000 }));
    expect(result.finishReason).toBe("length");
    expect(result.usage.inputTokens + result.usage.outputTokens).toBe(511);
  });

  it("does not take a user's text for special tokens", async () => {
    const result = await provider.generate(ask("</s><s>"));
    expect(result.usage.inputTokens).toBe(1 + 14 + 11);
  });

  it("knows only its own models", async () => {
    const error = await provider.generate(ask("x", { model: "other" })).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "model_unknown" });
    expect(error.message).toContain("it has random");
  });

  it("refuses a schema that no grammar can be made of", async () => {
    const schema = { name: "bad", schema: { $ref: "#/nowhere" } };
    await expect(provider.generate(ask("x", { schema }))).rejects.toMatchObject({ code: "request_unsupported" });
  });

  it("says when a structured answer was cut off", async () => {
    const schema = {
      name: "long",
      schema: { type: "object", properties: { text: { type: "string", minLength: 100 } }, required: ["text"] },
    };
    const error = await provider.generate(ask("x", { schema, maxTokens: 12 })).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "response_malformed", retryable: false });
    expect(error.message).toContain("raise maxTokens");
  });
});

describe("prefix reuse", () => {
  const long = "the quick brown fox jumps over the lazy dog ".repeat(4);

  it("evaluates only what is new, and says what it kept", async () => {
    const provider = open({ sequences: 1 });
    const first = await provider.generate(ask(`${long}one`));
    expect(first.usage.cacheReadTokens).toBeUndefined();
    const same = await provider.generate(ask(`${long}one`));
    expect(same.usage.cacheReadTokens).toBe(same.usage.inputTokens - 1);
    const next = await provider.generate(ask(`${long}two`));
    // <s> and "user: " come before the shared text.
    expect(next.usage.cacheReadTokens).toBe(1 + 6 + long.length);
    expect(same.text).toBe(first.text);
  });

  it("takes the idle sequence that shares most, and spares the others", async () => {
    const provider = open({ sequences: 3 });
    const other = "a completely different conversation ".repeat(3);
    await provider.generate(ask(`${long}one`));
    await provider.generate(ask(`${other}one`));
    const back = await provider.generate(ask(`${long}two`));
    expect(back.usage.cacheReadTokens).toBe(1 + 6 + long.length);
    const forth = await provider.generate(ask(`${other}two`));
    expect(forth.usage.cacheReadTokens).toBe(1 + 6 + other.length);
  });
});

describe("several requests", () => {
  it("are evaluated in the same batches", async () => {
    const provider = open({ sequences: 4 });
    await provider.load("random");
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((text) => provider.generate(ask(text, { maxTokens: 40 }))),
    );
    const { batches } = provider.stats()[0] ?? { batches: undefined };
    expect(batches?.mostSequences).toBe(4);
    // Four answers of 40 tokens, side by side, not one after the other.
    expect(batches?.batches).toBeLessThan(100);
    expect((batches?.sequences ?? 0) / (batches?.batches ?? 1)).toBeGreaterThan(2);
    const alone = open();
    for (const [i, text] of ["a", "b", "c", "d"].entries()) {
      expect((await alone.generate(ask(text, { maxTokens: 40 }))).usage).toMatchObject({
        outputTokens: answers[i]?.usage.outputTokens,
      });
    }
  });

  it("wait in turn, up to a limit, and leave the line when cancelled", async () => {
    const provider = open({ sequences: 1, maxWaiting: 2 });
    await provider.load("random");
    const order: string[] = [];
    const controller = new AbortController();
    const long = { maxTokens: 300 };
    const running = provider.generate(ask("1", long)).then(() => order.push("1"));
    await until(() => provider.stats()[0]?.active === 1);
    const leaving = provider.generate(ask("2", { ...long, signal: controller.signal }));
    const waiting = provider.generate(ask("3")).then(() => order.push("3"));
    await until(() => provider.stats()[0]?.waiting === 2);
    await expect(provider.generate(ask("4"))).rejects.toMatchObject({
      code: "provider_overloaded",
      retryable: true,
      message: expect.stringContaining("the model random has 2 requests waiting"),
    });
    controller.abort("enough");
    await expect(leaving).rejects.toBeInstanceOf(CancelledError);
    await Promise.all([running, waiting]);
    expect(order).toEqual(["1", "3"]);
    expect(provider.stats()[0]).toMatchObject({ active: 0, waiting: 0 });
  });
});

describe("loading", () => {
  it("is shared by those who come at once, and happens again on demand after unloading", async () => {
    const provider = open();
    expect(provider.loadedModels()).toEqual([]);
    const cancelled = provider.load("random", AbortSignal.abort(new Error("not me"))).catch((error) => error.message);
    const [first, second] = await Promise.all([
      provider.generate(ask("x")),
      provider.generate(ask("x")),
      provider.load("random"),
    ]);
    expect(await cancelled).toBe("not me");
    expect(second?.text).toBe(first?.text);
    const loaded = provider.loadedModels();
    expect(loaded).toEqual([
      { model: "random", active: 0, lastUsedAt: expect.any(Number), memoryBytes: expect.any(Number) },
    ]);
    expect(loaded[0]?.memoryBytes).toBeGreaterThan(50_000);
    await provider.unload("random");
    expect(provider.loadedModels()).toEqual([]);
    expect((await provider.generate(ask("x"))).text).toBe(first?.text);
  });

  it("waits with unloading until the answers under way are given", async () => {
    const provider = open();
    await provider.load("random");
    const answer = provider.generate(ask("x", { maxTokens: 300 }));
    await until(() => provider.loadedModels()[0]?.active === 1);
    const unloaded = provider.unload("random");
    const meanwhile = provider.generate(ask("x"));
    expect((await answer).usage.outputTokens).toBe(300);
    expect((await meanwhile).usage.outputTokens).toBe(16);
    await unloaded;
  });

  it("happens ahead through the preloader, and is undone for idle models", async () => {
    const provider = open();
    const preloader = createPreloader({ provider, models: ["random", "absent"] });
    const [ready, failed] = await preloader.start();
    expect(ready).toMatchObject({ status: "ready", loadMs: expect.any(Number), warmUpMs: expect.any(Number) });
    expect(failed).toMatchObject({ status: "failed", reason: expect.stringContaining('no model "absent"') });
    expect(provider.loadedModels()).toMatchObject([{ model: "random", active: 0 }]);
    const release = createIdleRelease({ provider, idleAfterMs: 0 });
    expect(await release.check()).toEqual([{ model: "random", why: "idle" }]);
    release.stop();
    expect(provider.loadedModels()).toEqual([]);
    expect((await provider.generate(ask("x", { maxTokens: 2 }))).usage.outputTokens).toBe(2);
  });

  it("closes after five seconds even if an answer is under way", async () => {
    const clock = fakeClock();
    const provider = createLlamaProvider({ models: { random: { path, sequences: 1 } }, clock });
    const reader = provider.stream(ask("x", { maxTokens: 400 }))[Symbol.asyncIterator]();
    await reader.next();
    const closed = provider.close();
    await clock.advance(5000);
    await expect(reader.next()).rejects.toBeInstanceOf(CancelledError);
    await closed;
  });

  it("takes its settings", async () => {
    const provider = open({ mlock: true, mmap: false, threads: 2, batchSize: 64 });
    expect((await provider.generate(ask("x", { maxTokens: 2 }))).usage.outputTokens).toBe(2);
    expect(provider.stats()[0]?.threads).toBe(2);
  });

  it("runs on the CPU, and says so, when it was to use a GPU and none is in use", async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
    const provider = createLlamaProvider({ models: { random: { path, gpuLayers: "auto" } }, logger });
    providers.push(provider);
    expect((await provider.generate(ask("x"))).usage.outputTokens).toBe(16);
    expect(warnings).toEqual(["no GPU is in use; the model runs on the CPU"]);
  });
});

describe("embeddings", () => {
  it("are pooled as asked", async () => {
    const vectors = await Promise.all(
      (["mean", "last"] as const).map(async (pooling) => {
        const { vectors } = await open({ pooling }).embed({ model: "random", inputs: ["two words"] });
        return [...(vectors[0] ?? [])];
      }),
    );
    expect(vectors[0]).toHaveLength(32);
    expect(vectors[0]).not.toEqual(vectors[1]);
  });

  it("count their tokens, and refuse what does not fit", async () => {
    const provider = open();
    const result = await provider.embed({ model: "random", inputs: ["abc", "de"] });
    expect(result.usage).toEqual({ inputTokens: 1 + 3 + 1 + 2, outputTokens: 0 });
    await expect(provider.embed({ model: "random", inputs: ["x".repeat(600)] })).rejects.toMatchObject({
      code: "context_exceeded",
    });
  });
});
