import { type Clock, ConfigurationError, systemClock, toError } from "@flyball/core";
import { type OperationSignal, operationSignal } from "../../operation-signal.ts";
import { type BreakerOptions, createBreaker } from "../../pool/breaker.ts";
import type { PoolOptions } from "../../pool/pooled.ts";
import { type RetryOptions, withRetries } from "../../pool/retry.ts";
import type { HttpResponse, TransportStats } from "../../pool/transport.ts";
import type { Chunk, EmbedRequest, GenerateRequest, GenerateResult, Provider } from "../../types.ts";
import { readCompletion } from "./answer.ts";
import { readAnswerStream } from "./answer-stream.ts";
import { commonDialect, type Dialect } from "./dialect.ts";
import { readEmbeddings } from "./embeddings.ts";
import { createEndpoint } from "./endpoint.ts";
import { chatBody, embeddingsBody } from "./request-body.ts";

export interface OpenAiProviderOptions {
  /** Up to where `/chat/completions` follows: "https://api.openai.com/v1". */
  readonly baseUrl: string;
  /** Sent as a bearer token. Default: none is sent. */
  readonly apiKey?: string;
  /** As `gen_ai.provider.name` wants it. Default "openai". */
  readonly name?: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds for the whole answer, retries included. Default 30,000. */
  readonly timeoutMs?: number;
  readonly retry?: RetryOptions;
  /** `false` turns the breaker off. */
  readonly breaker?: BreakerOptions | false;
  readonly pool?: PoolOptions;
  /** Whether connections are reused, asked anew for each request. Default true. */
  readonly pooling?: boolean | (() => boolean);
  /** Default: what any endpoint understands. */
  readonly dialect?: Partial<Dialect>;
  readonly clock?: Clock;
  /** Numbers from 0 to 1, for the jitter of retries. Default Math.random. */
  readonly random?: () => number;
}

/** What connections did, by path; a path that was never taken is missing. */
export interface OpenAiProviderStats {
  readonly pooled?: TransportStats;
  readonly plain?: TransportStats;
  readonly breaker: "closed" | "open" | "half-open" | "off";
}

export interface OpenAiProvider extends Provider {
  stats(): OpenAiProviderStats;
}

/** Talks to any endpoint that speaks OpenAI's chat completions and embeddings over HTTP. */
export function createOpenAiProvider(options: OpenAiProviderOptions): OpenAiProvider {
  const name = options.name ?? "openai";
  const clock = options.clock ?? systemClock;
  const dialect = { ...commonDialect, ...options.dialect };
  const timeoutMs = options.timeoutMs ?? 30_000;
  if (!(timeoutMs > 0)) throw new ConfigurationError("timeoutMs", timeoutMs, "more than 0 milliseconds");
  const endpoint = createEndpoint(name, options, clock);
  const breaker = options.breaker === false ? undefined : createBreaker(name, options.breaker);
  const random = options.random ?? Math.random;

  const begin = (what: string, request: GenerateRequest | EmbedRequest): OperationSignal =>
    operationSignal(`${what} by ${name}`, request.signal, request.timeoutMs ?? timeoutMs, clock);

  /** Sends until an answer begins. Nothing is tried again once its first byte is here. */
  async function post(path: string, body: string, life: OperationSignal): Promise<[HttpResponse, number]> {
    let attempts = 0;
    const send = (attempt: number): Promise<HttpResponse> => {
      attempts = attempt;
      const once = (): Promise<HttpResponse> => endpoint.open("POST", path, life.signal, body);
      return breaker ? breaker.run(once, life.signal) : once();
    };
    const response = await withRetries(send, options.retry ?? {}, {
      clock,
      random,
      signal: life.signal,
      remainingMs: life.remainingMs,
    });
    return [response, attempts];
  }

  /** Sends and reads the whole body. */
  async function ask<T extends object>(
    what: string,
    request: GenerateRequest | EmbedRequest,
    path: string,
    body: string,
    read: (body: string) => T,
  ): Promise<T> {
    const life = begin(what, request);
    try {
      const [response, attempts] = await post(path, body, life);
      const result = read(await endpoint.readText(response, life.signal));
      return attempts === 1 ? result : { ...result, attempts };
    } finally {
      life.dispose();
    }
  }

  return {
    name,
    generate: (request): Promise<GenerateResult> =>
      ask("generating", request, "chat/completions", chatBody(request, dialect, false), (body) =>
        readCompletion(body, request, name),
      ),
    async *stream(request): AsyncGenerator<Chunk, void, undefined> {
      const life = begin("streaming", request);
      try {
        const [response, attempts] = await post("chat/completions", chatBody(request, dialect, true), life);
        try {
          for await (const chunk of readAnswerStream(response.body, request, name, life.signal)) {
            if (chunk.type === "finish" && attempts > 1) yield { ...chunk, result: { ...chunk.result, attempts } };
            else yield chunk;
          }
        } finally {
          await endpoint.release(response);
        }
      } finally {
        life.dispose();
      }
    },
    embed: (request) =>
      ask("embedding", request, "embeddings", embeddingsBody(request, dialect), (body) =>
        readEmbeddings(body, request, name),
      ),
    async health(signal) {
      const startedAt = clock.monotonic();
      const life = operationSignal(`the health check of ${name}`, signal, Math.min(timeoutMs, 5000), clock);
      try {
        await endpoint.readText(await endpoint.open("GET", dialect.healthPath, life.signal), life.signal);
        return { healthy: true, latencyMs: clock.monotonic() - startedAt };
      } catch (error) {
        return { healthy: false, reason: toError(error).message, latencyMs: clock.monotonic() - startedAt };
      } finally {
        life.dispose();
      }
    },
    stats: () => ({ ...endpoint.stats(), breaker: breaker?.state ?? "off" }),
    close: () => endpoint.close(),
  };
}
