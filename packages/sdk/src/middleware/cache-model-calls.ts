import type { CacheNamespace, CallOptions } from "@flyball/cache";
import { type Clock, errorType, type Middleware, systemClock } from "@flyball/core";
import type { GenerateResult, ModelCall } from "@flyball/models";
import { cacheKey } from "../cache/key.ts";
import { untilAborted } from "./until-aborted.ts";

/** How the answers of models are cached. */
export interface ModelCacheOptions {
  /**
   * What the messages do not show of where the answer comes from: a prompt's version, an adapter, a deployment. Another
   * version finds nothing of this one.
   */
  readonly promptVersion?: string | ((call: ModelCall) => string | undefined);
  /** Whose answer it is: no tenant ever gets another's. */
  readonly tenant?: string | ((call: ModelCall) => string | undefined);
  /** How long answers are fresh, milliseconds. Default `cache.ttlMs`. */
  readonly ttlMs?: number;
  /** For `cache.invalidate(tag)`. */
  readonly tags?: readonly string[];
  /**
   * Whether answers at a temperature above 0 are cached too: everybody then gets the one that was drawn first. Default
   * false.
   */
  readonly sampled?: boolean;
  /** What an answer cost, US dollars, and each hit will have saved; `durationMs` is what it took. */
  readonly price?: (result: GenerateResult, call: ModelCall, durationMs: number) => number | undefined;
  /** Hears why a call was asked without the cache: its request is no plain data. */
  readonly onUncacheable?: (error: unknown) => void;
  readonly clock?: Clock;
}

// Whatever the cache's own defaults are: a model call that goes on behind an answer would be paid for unseen, and one
// that failed must be asked again.
const asked: CallOptions<GenerateResult> = {
  staleWhileRevalidateMs: 0,
  graceMs: 0,
  refreshAhead: 1,
  softTimeoutMs: Number.POSITIVE_INFINITY,
  hardTimeoutMs: Number.POSITIVE_INFINITY,
  errorTtlMs: 0,
};

/**
 * Model middleware that remembers answers: `flyball.models.client(choice, { middleware: [cacheModelCalls(cache)] })`.
 * Equal calls (provider, model, messages, every parameter, schema, prompt version, tenant) are asked once, streams
 * and whole answers alike; who streams gets a remembered answer as a stream of one piece. The model operation of a hit
 * has no usage and no cost; the look-up's outcome says what was avoided, in milliseconds and dollars. Only answers
 * that ended by themselves or at their length limit are kept; errors are not.
 */
export function cacheModelCalls(
  cache: Pick<CacheNamespace, "getOrCompute" | "tenant">,
  options: ModelCacheOptions = {},
): Middleware<ModelCall, GenerateResult> {
  const { sampled = false, price, clock = systemClock, onUncacheable } = options;

  function callOptions(call: ModelCall, took: () => number): CallOptions<GenerateResult> {
    const { ttlMs, tags } = options;
    return {
      ...asked,
      ...(tags === undefined ? {} : { tags }),
      // A refusal says nothing about the next try. Undefined, which the type does not show, is the cache's own time.
      ttlMs: (result) => (isWhole(result) ? ttlMs : 0) as number,
      ...(price ? { costOf: (result: GenerateResult) => price(result, call, took()) } : {}),
    };
  }

  async function remember(call: ModelCall, key: string, next: () => Promise<GenerateResult>): Promise<GenerateResult> {
    const { signal } = call.request;
    const tenant = valueFor(options.tenant, call);
    const view = tenant === undefined ? cache : cache.tenant(tenant);
    for (;;) {
      let mine = false;
      let durationMs = 0;
      const compute = async (): Promise<GenerateResult> => {
        mine = true;
        const began = clock.monotonic();
        const result = await next();
        durationMs = clock.monotonic() - began;
        return result;
      };
      try {
        const answer = view.getOrCompute(
          key,
          compute,
          callOptions(call, () => durationMs),
        );
        return await untilAborted(Promise.resolve(answer), signal, `the wait for ${call.request.model}`, () => mine);
      } catch (error) {
        if (!mine && errorType(error) === "cache_key_invalid") {
          onUncacheable?.(error);
          return next();
        }
        // Whoever asked for all of us gave up: one of those who still wait asks again.
        if (mine || signal?.aborted || !isImpatience(error)) throw error;
      }
    }
  }

  return async (call, next) => {
    const { request } = call;
    if (!sampled && (request.temperature ?? 0) > 0) return next();
    let key: string;
    try {
      const { signal: _signal, timeoutMs: _timeoutMs, ...determining } = request;
      key = await cacheKey("model", call.provider, valueFor(options.promptVersion, call), determining);
    } catch (error) {
      onUncacheable?.(error);
      return next();
    }
    return remember(call, key, next);
  };
}

function valueFor(
  value: string | ((call: ModelCall) => string | undefined) | undefined,
  call: ModelCall,
): string | undefined {
  return typeof value === "function" ? value(call) : value;
}

function isWhole({ finishReason }: GenerateResult): boolean {
  return finishReason === "stop" || finishReason === "length";
}

/** The asker's own deadline or signal, here or in another process: it says nothing about the model. */
function isImpatience(error: unknown): boolean {
  const elsewhere = (error as { errorType?: unknown } | undefined)?.errorType;
  return [errorType(error), elsewhere].some((type) => type === "cancelled" || type === "timeout");
}
