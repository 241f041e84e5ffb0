import { type Clock, ConfigurationError, compose, type Middleware, systemClock } from "@flyball/core";
import type { Telemetry } from "@flyball/telemetry";
import { BrokenAnswerError } from "./errors.ts";
import { cachedHealth } from "./health.ts";
import { createCallRecorder, type Price, type Reached } from "./record-call.ts";
import { streamCall } from "./stream/stream-call.ts";
import type {
  Chunk,
  EmbedCall,
  EmbedRequest,
  EmbedResult,
  GenerateRequest,
  GenerateResult,
  ModelCall,
  ModelClient,
  Provider,
} from "./types.ts";

export interface ModelClientOptions {
  readonly provider: Provider;
  /** Where calls are recorded: one outcome a call. Default: nowhere. */
  readonly telemetry?: Telemetry;
  /** Prices a call on its way into the outcome. Default: telemetry prices what carries usage. */
  readonly price?: Price;
  /** Around `generate` and the streams, outermost first. */
  readonly middleware?: readonly Middleware<ModelCall, GenerateResult>[];
  /** Around `embed`, outermost first. */
  readonly embedMiddleware?: readonly Middleware<EmbedCall, EmbedResult>[];
  readonly clock?: Clock;
  /** How long a health answer is remembered, milliseconds. Default 30,000. */
  readonly healthTtlMs?: number;
}

/**
 * Wraps a provider into what pipelines call. Each call is one outcome, middleware included: a call that middleware
 * answered by itself (from a cache, say) is recorded without usage or cost, because nothing was spent.
 */
export function createModelClient(options: ModelClientOptions): ModelClient {
  const { provider, telemetry, price } = options;
  const clock = options.clock ?? systemClock;
  const healthTtlMs = options.healthTtlMs ?? 30_000;
  if (!(healthTtlMs >= 0)) throw new ConfigurationError("healthTtlMs", healthTtlMs, "milliseconds, 0 or more");
  const middleware = options.middleware ?? [];
  const embed = compose(options.embedMiddleware ?? [], (call) => provider.embed(call.request));
  const health = cachedHealth(() => provider.health(), healthTtlMs, clock);

  const recorder = createCallRecorder(telemetry, provider.name, price);

  async function generate(request: GenerateRequest): Promise<GenerateResult> {
    const record = recorder.generate(request, false);
    const reached: Reached = {};
    const ask = compose(middleware, async (call: ModelCall) => {
      reached.result = await provider.generate(call.request);
      return reached.result;
    });
    try {
      const result = await record.within(() => ask({ operation: "generate", provider: provider.name, request }));
      record.end(result, reached);
      return result;
    } catch (error) {
      record.fail(error, reached.result);
      throw error;
    }
  }

  /** Begins when it is first read, so that a stream nobody reads costs nothing. */
  async function* stream(request: GenerateRequest): AsyncGenerator<Chunk, void, undefined> {
    yield* streamCall(provider, middleware, request, recorder.generate(request, true), clock);
  }

  async function streamTo(request: GenerateRequest, onChunk: (chunk: Chunk) => void): Promise<GenerateResult> {
    let result: GenerateResult | undefined;
    for await (const chunk of stream(request)) {
      if (chunk.type === "finish") result = chunk.result;
      onChunk(chunk);
    }
    if (!result) throw new BrokenAnswerError("stream_incomplete", "the stream ended without an answer", "");
    return result;
  }

  return {
    provider,
    generate,
    stream,
    streamTo,
    streamBuffered: (request) => streamTo(request, () => {}),
    async embed(request: EmbedRequest): Promise<EmbedResult> {
      const record = recorder.embed(request);
      try {
        const result = await record.within(() => embed({ provider: provider.name, request }));
        record.endEmbedding(result);
        return result;
      } catch (error) {
        record.fail(error);
        throw error;
      }
    },
    health,
    close: () => provider.close(),
  };
}
