import { TimeoutError } from "@flyball/core";
import { afterEach, describe, expect, it } from "vitest";
import { createQuestionBatcher, textAnswer } from "../../src/batch/questions.ts";
import { createModelClient } from "../../src/client.ts";
import { createEmulator, type Emulator } from "../../src/emulator/emulator.ts";
import type { FaultKind } from "../../src/emulator/faults.ts";
import type { EmulatorProfileInput } from "../../src/emulator/profile.ts";
import { createRateLimiter, type RateLimiter } from "../../src/limit/rate-limiter.ts";
import { preparePrompt } from "../../src/prompt/prepared.ts";
import { warmPrompts } from "../../src/prompt/warm.ts";
import {
  createOpenAiProvider,
  type OpenAiProvider,
  type OpenAiProviderOptions,
} from "../../src/providers/openai/provider.ts";
import type { GenerateRequest } from "../../src/types.ts";

// What pipelines really use, over real sockets: the provider, and the optimizations in front of it.

const quick: EmulatorProfileInput = { name: "quick", latency: { baseMs: 2 } };
const request: GenerateRequest = { model: "m", messages: [{ role: "user", content: "What happened?" }], maxTokens: 8 };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function connected(
  profile: EmulatorProfileInput = quick,
  options: Partial<OpenAiProviderOptions> = {},
): Promise<{ emulator: Emulator; provider: OpenAiProvider }> {
  const emulator = createEmulator({ profile });
  closing.push(() => emulator.close());
  const { baseUrl } = await emulator.listen();
  const provider = createOpenAiProvider({ baseUrl, retry: { attempts: 1 }, breaker: false, ...options });
  closing.push(() => provider.close());
  return { emulator, provider };
}

describe("faults", () => {
  it.each<[FaultKind, string]>([
    ["rate_limited", "provider_rate_limited"],
    ["server_error", "provider_http"],
    ["reset", "provider_unreachable"],
    ["garbage", "response_malformed"],
    ["half_stream", "stream_incomplete"],
  ])("%s reach the caller as %s, whole and streamed, and the next call succeeds", async (fault, code) => {
    const { emulator, provider } = await connected();
    const client = createModelClient({ provider });
    emulator.setFaults({ next: [fault, fault] });
    // A whole answer that is cut has no text to be malformed or incomplete; either word will do there.
    const whole =
      fault === "half_stream"
        ? expect.stringMatching(/stream_incomplete|provider_unreachable|response_malformed/)
        : code;
    await expect(client.generate(request)).rejects.toMatchObject({ code: whole });
    await expect(client.streamBuffered(request)).rejects.toMatchObject({ code });
    await expect(client.generate(request)).resolves.toMatchObject({ finishReason: "stop" });
  });

  it("hang ends with the caller's own deadline", async () => {
    const { emulator, provider } = await connected();
    emulator.setFaults({ next: ["hang"] });
    await expect(provider.generate({ ...request, timeoutMs: 30 })).rejects.toThrow(TimeoutError);
    await expect.poll(() => emulator.stats().abandoned).toBe(1);
  });

  it("are outlived by retries, which wait as long as the 429 says", async () => {
    const { emulator, provider } = await connected(quick, { retry: { attempts: 4, backoffMs: 1 } });
    emulator.setFaults({ next: ["rate_limited", "server_error", "reset"], retryAfterSeconds: 0.05 });
    const startedAt = performance.now();
    await expect(provider.generate(request)).resolves.toMatchObject({ attempts: 4 });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(49);
    expect(emulator.stats()).toMatchObject({ requests: 4, answered: 1 });
  });
});

describe("optimizations against an emulated provider", () => {
  it("a rate limit in front keeps calls from being refused", async () => {
    const ask = async (perSecond: number, middleware: readonly RateLimiter["middleware"][]) => {
      const { emulator, provider } = await connected({ ...quick, rate: { perSecond, burst: 5 } });
      const client = createModelClient({ provider, middleware });
      await Promise.allSettled(Array.from({ length: 20 }, () => client.generate(request)));
      return emulator.stats();
    };
    expect((await ask(1, [])).refused).toBeGreaterThan(10);
    const limiter = createRateLimiter({ rate: 50, burst: 4 });
    expect(await ask(100, [limiter.middleware])).toMatchObject({ refused: 0, answered: 20 });
    expect(limiter.stats()).toMatchObject({ passed: 20, heldBack: 16 });
  });

  it("a batch of ten questions is one request", async () => {
    const { emulator, provider } = await connected();
    const batcher = createQuestionBatcher({
      client: provider,
      model: "m",
      instructions: "Ask one question.",
      format: textAnswer,
      size: 10,
    });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => batcher.ask(`gap ${index}`)));
    expect(answers.every((answer) => answer.length > 0)).toBe(true);
    expect(batcher.stats()).toMatchObject({ batches: 1, fallbacks: 0, sizes: { 10: 1 } });
    expect(emulator.stats().requests).toBe(1);
  });

  it("warming has the first real request read its prefix from the provider's cache", async () => {
    const { provider } = await connected();
    const prompt = preparePrompt("evaluate", { system: "Weigh each point with care. ".repeat(200) });
    const ask = () => provider.generate({ ...request, messages: prompt.messages("An answer", "cacheable") });
    const [warmed] = await warmPrompts(provider, [prompt], { model: "m" });
    expect(warmed).toMatchObject({ status: "warmed", cacheReadTokens: 0 });
    const { usage } = await ask();
    expect(usage.cacheReadTokens).toBeGreaterThan(0.8 * usage.inputTokens);
  });
});
