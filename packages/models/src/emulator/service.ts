import { type Clock, toError } from "@flyball/core";
import { estimateTokens, estimateUsage } from "../estimate-usage.ts";
import type { Message } from "../types.ts";
import { createAdmission } from "./admission.ts";
import type { Answerer } from "./answer.ts";
import { type Delivery, deliverStream, deliverWhole } from "./deliver.ts";
import { type Exchange, sendJson } from "./exchange.ts";
import type { FaultKind, Faults } from "./faults.ts";
import { latencyOf, planLatency } from "./latency.ts";
import { createLoading } from "./loading.ts";
import type { EmulatorProfile, LatencyModel } from "./profile.ts";
import { promptCache } from "./prompt-cache.ts";
import { hash32, type Random, seededRandom } from "./random.ts";
import type { Counters } from "./stats.ts";
import { completionBody, embeddingBody, errorBody, readChatCall, readEmbeddingCall, type WireUsage } from "./wire.ts";

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
    if (fault === "server_error") return sendJson(exchange, 500, errorBody("server_error", "injected fault"));
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
      else sendJson(exchange, 502, errorBody("upstream_error", toError(error).message));
    }
  }

  function refuse(exchange: Exchange, retryAfterMs: number): void {
    // Callers wait in real time. Whole seconds, as RFC 9110 has it, would make a scaled second twenty long, so the
    // header carries decimals, and `retry-after-ms`, which OpenAI sends too, says the same.
    const realMs = Math.max(1, Math.ceil(retryAfterMs * timeScale));
    sendJson(exchange, 429, errorBody("rate_limit_exceeded", `Rate limit reached; retry in ${realMs} ms`), {
      "retry-after": String(realMs / 1000),
      "retry-after-ms": String(realMs),
    });
  }

  function plan(model: LatencyModel, usage: WireUsage, turn: Turn, loadingMs: number, startedAt: number): Delivery {
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

  function count(usage: WireUsage): void {
    counters.inputTokens += usage.inputTokens;
    counters.cachedTokens += usage.cachedTokens;
    counters.outputTokens += usage.outputTokens;
  }

  return {
    async chat(body, exchange) {
      const call = readChatCall(body);
      if ("refused" in call) return sendJson(exchange, 400, errorBody("invalid_request_error", call.refused));
      const { request } = call;
      await take(exchange, async (turn) => {
        const startedAt = clock.monotonic();
        const model = latencyOf(profile, request.model);
        const loadingMs = loading.remainingMs(request.model, model.loadMs);
        const { inputTokens } = estimateUsage(request.messages, "");
        const cachedTokens = cache.read(request.model, promptText(request.messages), inputTokens);
        const answer = await answerer.generate({ ...request, signal: exchange.signal });
        const usage: WireUsage = { inputTokens, cachedTokens, outputTokens: answer.outputTokens };
        const delivery = plan(model, usage, turn, loadingMs, startedAt);
        const head = {
          id: `chatcmpl-emulated-${turn.ordinal}`,
          created: Math.floor(clock.now() / 1000),
          model: request.model,
        };
        count(usage);
        const whole = call.stream
          ? await deliverStream(delivery, head, answer, call.includeUsage ? usage : undefined)
          : await deliverWhole(delivery, completionBody(head, answer.text, answer.finishReason, usage));
        if (whole) counters.answered++;
      });
    },
    async embeddings(body, exchange) {
      const call = readEmbeddingCall(body);
      if ("refused" in call) return sendJson(exchange, 400, errorBody("invalid_request_error", call.refused));
      await take(exchange, async (turn) => {
        const startedAt = clock.monotonic();
        const inputTokens = call.inputs.reduce((sum, input) => sum + estimateTokens(input), 0);
        const vectors = await answerer.embed({ model: call.model, inputs: call.inputs, signal: exchange.signal });
        const usage: WireUsage = { inputTokens, cachedTokens: 0, outputTokens: 0 };
        const delivery = plan(profile.embeddings, usage, turn, 0, startedAt);
        count(usage);
        if (await deliverWhole(delivery, embeddingBody(call, vectors, inputTokens))) counters.answered++;
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
