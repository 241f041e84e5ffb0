import { CancelledError, type Clock, ConfigurationError, compose, type Middleware, systemClock } from "@flyball/core";
import { label, type OutcomeDetails, type Telemetry } from "@flyball/telemetry";
import { requestAttributes, responseAttributes } from "./attributes.ts";
import { BrokenAnswerError } from "./errors.ts";
import { estimateUsage } from "./estimate-usage.ts";
import { cachedHealth } from "./health.ts";
import { operationSignal } from "./operation-signal.ts";
import { type Price, type RecordedCall, recordCall, spent } from "./record-call.ts";
import { handoff } from "./stream/handoff.ts";
import { streamTimer } from "./stream/timing.ts";
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

/** What the innermost layer of a call came back with: only that was spent, whatever middleware made of it. */
interface Reached {
  result?: GenerateResult;
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

  function begin(request: GenerateRequest, stream: boolean): RecordedCall {
    const record = recordCall(telemetry, {
      kind: "model",
      name: request.model,
      model: request.model,
      provider: provider.name,
      attributes: requestAttributes(request, stream),
    });
    record.asked(request.messages);
    return record;
  }

  /** What the outcome of an answered call carries. */
  function answered(record: RecordedCall, result: GenerateResult, { result: reached }: Reached): OutcomeDetails {
    record.answered(result.text);
    const attributes = responseAttributes(result);
    if (!reached) return { attributes, labels: { [label.source]: "middleware" } };
    return {
      attributes,
      model: reached.model,
      ...spent(reached.usage, reached.model, provider.name, price),
      ...(reached.attempts === undefined ? {} : { attempts: reached.attempts }),
    };
  }

  async function generate(request: GenerateRequest): Promise<GenerateResult> {
    const record = begin(request, false);
    const reached: Reached = {};
    const ask = compose(middleware, async (call: ModelCall) => {
      reached.result = await provider.generate(call.request);
      return reached.result;
    });
    try {
      const result = await record.within(() => ask({ operation: "generate", provider: provider.name, request }));
      record.succeeded(answered(record, result, reached));
      return result;
    } catch (error) {
      record.failed(error, reached.result ? answered(record, reached.result, reached) : {});
      throw error;
    }
  }

  async function* stream(request: GenerateRequest): AsyncGenerator<Chunk, void, undefined> {
    const record = begin(request, true);
    const reached: Reached = {};
    const timer = streamTimer(clock);
    const what = `the stream from ${provider.name}`;
    const life = operationSignal(what, request.signal, Number.POSITIVE_INFINITY, clock);
    const channel = handoff<Chunk>(() => life.abort(new CancelledError(what, "the reader stopped")));
    let text = "";

    const put = (piece: string): Promise<void> => {
      timer.chunk();
      text += piece;
      return channel.put({ type: "text", text: piece });
    };
    const ask = compose(middleware, async (call: ModelCall) => {
      for await (const chunk of provider.stream(call.request)) {
        if (chunk.type === "text") await put(chunk.text);
        else reached.result = chunk.result;
      }
      if (reached.result) return reached.result;
      throw new BrokenAnswerError("stream_incomplete", `${what} ended before it was finished`, text, {
        subject: provider.name,
        retryable: true,
      });
    });
    const timed = (): OutcomeDetails => {
      const timing = timer.timing();
      return timing ? { stream: timing } : {};
    };

    const answer = async (): Promise<void> => {
      try {
        const result = await ask({
          operation: "stream",
          provider: provider.name,
          request: { ...request, signal: life.signal },
        });
        // Middleware answered without the provider: the reader gets the answer as one piece.
        if (timer.timing() === undefined && result.text !== "") await put(result.text);
        record.succeeded({ ...answered(record, result, reached), ...timed() });
        channel.put({ type: "finish", result }).catch(() => {});
        channel.end();
      } catch (thrown) {
        const error = life.signal.aborted ? life.signal.reason : thrown;
        // Tokens were spent although no usage came: estimate them rather than lose their cost.
        const cost =
          text === "" ? {} : spent(estimateUsage(request.messages, text), request.model, provider.name, price);
        record.failed(error, { ...cost, ...timed() });
        channel.end(error);
      } finally {
        life.dispose();
      }
    };

    const done = record.within(answer);
    try {
      yield* channel.items;
    } finally {
      // A reader that stops early waits until the connection or sequence was given back.
      await done;
    }
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
      const record = recordCall(telemetry, {
        kind: "embedding",
        name: request.model,
        model: request.model,
        provider: provider.name,
      });
      try {
        const result = await record.within(() => embed({ provider: provider.name, request }));
        record.succeeded({
          model: result.model,
          ...spent(result.usage, result.model, provider.name, price),
          ...(result.attempts === undefined ? {} : { attempts: result.attempts }),
        });
        return result;
      } catch (error) {
        record.failed(error, {});
        throw error;
      }
    },
    health,
    close: () => provider.close(),
  };
}
