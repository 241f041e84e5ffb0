import { type Clock, toError } from "@flyball/core";
import type { Usage } from "@flyball/telemetry";
import { estimateTokens, estimateUsage } from "../estimate-usage.ts";
import { completionBody, embeddingsBody } from "../server/answers.ts";
import { answerForShape, errorAnswer } from "../server/errors.ts";
import { chatRequest, embeddingsRequest, toEmbedRequest, toGenerateRequest } from "../server/requests.ts";
import type { GenerateResult, Message } from "../types.ts";
import { createAdmission } from "./admission.ts";
import type { Answerer } from "./answer.ts";
import { type Delivery, deliverStream, deliverWhole } from "./deliver.ts";
import { type Exchange, sendError } from "./exchange.ts";
import type { FaultKind, Faults } from "./faults.ts";
import { latencyOf, planLatency } from "./latency.ts";
import { createLoading } from "./loading.ts";
import type { EmulatorProfile, LatencyModel } from "./profile.ts";
import { promptCache } from "./prompt-cache.ts";
import { hash32, type Random, seededRandom } from "./random.ts";
import type { Counters } from "./stats.ts";

export interface ServiceOptions {
  readonly profile: EmulatorProfile;
  readonly seed: number;
  readonly timeScale: number;
  /** In reference milliseconds: see `scaledClock`. */
  readonly clock: Clock;
  readonly answerer: Answerer;
  readonly faults: Faults;
  readonly counters: Counters;
}

/** The emulated provider without its sockets. */
export interface EmulatorService {
  chat(body: unknown, exchange: Exchange): Promise<void>;
  embeddings(body: unknown, exchange: Exchange): Promise<void>;
}

/** One request on its way: everything that chance decides about it comes from its own place in the sequence. */
interface Turn {
  readonly exchange: Exchange;
  readonly ordinal: number;
  readonly random: Random;
  readonly fault: FaultKind | undefined;
}

export function createService(options: ServiceOptions): EmulatorService {
  const { profile, seed, timeScale, clock, answerer, faults, counters } = options;
  const admission = createAdmission(profile, clock, counters);
  const loading = createLoading(clock);
  const cache = promptCache(profile.promptCache, clock);

  /** Meets the faults and limits that strike before any work, then runs `work` in a slot. */
  async function take(exchange: Exchange, work: (turn: Turn) => Promise<void>): Promise<void> {
    const ordinal = ++counters.requests;
    // Seeded by ordinal, so that overlapping requests do not draw from each other's sequence.
    const random = seededRandom(hash32(String(ordinal), seed));
    const fault = faults.draw(random);
    if (fault) counters.faults[fault]++;
    if (fault === "reset") return exchange.cut();
    if (fault === "server_error") return sendError(exchange, errorAnswer(500, "injected fault", "server_error"));
    if (fault === "rate_limited") return refuse(exchange, faults.retryAfterSeconds * 1000);
    try {
      const refused = await admission.admit(exchange.signal, async () => {
        if (fault === "hang") await untilAborted(exchange.signal);
        else await work({ exchange, ordinal, random, fault });
      });
      if (!refused) return;
      counters.refused++;
      refuse(exchange, refused.retryAfterMs);
    } catch (error) {
      if (exchange.signal.aborted) counters.abandoned++;
      else sendError(exchange, errorAnswer(502, toError(error).message, "upstream_error"));
    }
  }

  function refuse(exchange: Exchange, retryAfterMs: number): void {
    // Callers wait in real time. Whole seconds, as RFC 9110 has it, would make a scaled second twenty long, so the
    // header carries decimals, and `retry-after-ms`, which OpenAI sends too, says the same.
    const realMs = Math.max(1, Math.ceil(retryAfterMs * timeScale));
    const headers = { "retry-after": String(realMs / 1000), "retry-after-ms": String(realMs) };
    const message = `Rate limit reached; retry in ${realMs} ms`;
    sendError(exchange, errorAnswer(429, message, "rate_limit_exceeded", null, headers));
  }

  function plan(model: LatencyModel, usage: Usage, turn: Turn, loadingMs: number, startedAt: number): Delivery {
    const drawn = planLatency(model, usage, turn.random);
    const slowdown = turn.fault === "slow" ? faults.slowFactor : 1;
    let due = startedAt + loadingMs + drawn.firstTokenMs * slowdown;
    const dueAt = [due];
    for (const gap of drawn.gapsMs) {
      due += gap * slowdown;
      dueAt.push(due);
    }
    if (clock.monotonic() > due) counters.overruns++;
    return { ...turn, clock, dueAt, headers: { "x-emulator-planned-ms": (due - startedAt).toFixed(1) } };
  }

  function count(usage: Usage): void {
    counters.inputTokens += usage.inputTokens;
    counters.cachedTokens += usage.cacheReadTokens ?? 0;
    counters.outputTokens += usage.outputTokens;
  }

  return {
    async chat(body, exchange) {
      const parsed = chatRequest.safeParse(body);
      if (!parsed.success) return sendError(exchange, answerForShape(parsed.error));
      const { model, stream, stream_options } = parsed.data;
      const request = toGenerateRequest(parsed.data, exchange.signal);
      await take(exchange, async (turn) => {
        const startedAt = clock.monotonic();
        const latency = latencyOf(profile, model);
        const loadingMs = loading.remainingMs(model, latency.loadMs);
        const { inputTokens } = estimateUsage(request.messages, "");
        const cacheReadTokens = cache.read(model, promptText(request.messages), inputTokens);
        const { text, outputTokens, finishReason } = await answerer.generate(request);
        const usage: Usage = { inputTokens, cacheReadTokens, outputTokens };
        const result: GenerateResult = { text, finishReason, usage, model };
        const delivery = plan(latency, usage, turn, loadingMs, startedAt);
        const identity = { id: `chatcmpl-emulated-${turn.ordinal}`, created: Math.floor(clock.now() / 1000), model };
        count(usage);
        const whole = stream
          ? await deliverStream(delivery, identity, result, stream_options?.include_usage === true)
          : await deliverWhole(delivery, completionBody(identity, result));
        if (whole) counters.answered++;
      });
    },
    async embeddings(body, exchange) {
      const parsed = embeddingsRequest.safeParse(body);
      if (!parsed.success) return sendError(exchange, answerForShape(parsed.error));
      const request = toEmbedRequest(parsed.data, exchange.signal);
      await take(exchange, async (turn) => {
        const startedAt = clock.monotonic();
        const inputTokens = request.inputs.reduce((sum, input) => sum + estimateTokens(input), 0);
        const vectors = await answerer.embed(request);
        const usage: Usage = { inputTokens, outputTokens: 0 };
        const delivery = plan(profile.embeddings, usage, turn, 0, startedAt);
        count(usage);
        const answer = embeddingsBody({ vectors, usage, model: request.model }, parsed.data.encoding_format ?? "float");
        if (await deliverWhole(delivery, answer)) counters.answered++;
      });
    },
  };
}

function promptText(messages: readonly Message[]): string {
  return messages.map((message) => `${message.role}: ${message.content}\n`).join("");
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
