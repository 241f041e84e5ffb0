import type { CacheNamespace, CallOptions } from "@flyball/cache";
import { errorType, type FailureLog } from "@flyball/core";
import { cacheKey } from "../cache/key.ts";
import type { AsyncFunction } from "../wrap.ts";

/** How a function's answers are cached: times to live and graces as in `CallOptions`, and what makes two calls equal. */
export interface CachedOptions<Run extends AsyncFunction>
  extends Omit<CallOptions<Awaited<ReturnType<Run>>>, "tags" | "bypass" | "refresh" | "errorTtlMs"> {
  /**
   * What determines the answer, as plain data. Default: all parameters. Needed where a parameter does not (an
   * AbortSignal, a request id), or is no plain data.
   */
  readonly key?: (...parameters: Parameters<Run>) => unknown;
  /** What else determines it: the version of the prompt, the index, the code. Another version finds nothing of this one. */
  readonly version?: string | number;
  /** Whose answer it is: no tenant ever gets another's. */
  readonly tenant?: (...parameters: Parameters<Run>) => string | undefined;
  /** What the answer depends on, for `flyball.cache.invalidate(tag)`. */
  readonly tags?: readonly string[] | ((...parameters: Parameters<Run>) => readonly string[]);
  /** Calls that are computed without looking, keeping or sharing anything. */
  readonly bypass?: (...parameters: Parameters<Run>) => boolean;
}

/**
 * Wraps an async function (a node, a retrieval, a database query) so that equal calls are computed once and remembered.
 * Its type, `this`, result and errors stay as they are. An error is given to everybody who waits for that computation
 * and is not remembered. A call whose parameters make no key is computed, and the reason logged once.
 */
export function cachedFunction<Run extends AsyncFunction>(
  cache: CacheNamespace,
  failures: FailureLog,
  name: string,
  run: Run,
  options: CachedOptions<Run> = {},
): Run {
  type Answer = Awaited<ReturnType<Run>>;
  const { key: partsOf, version, tenant: tenantOf, tags: tagsOf, bypass: bypassOf, ...lifetimes } = options;
  const call = run as unknown as (this: unknown, ...parameters: unknown[]) => Promise<Answer>;

  async function askCache(parameters: Parameters<Run>, compute: () => Promise<Answer>): Promise<Answer> {
    const key = await cacheKey("cached", name, version, partsOf ? partsOf(...parameters) : parameters);
    const tenant = tenantOf?.(...parameters);
    const tags = typeof tagsOf === "function" ? tagsOf(...parameters) : tagsOf;
    const view = tenant === undefined ? cache : cache.tenant(tenant);
    return view.getOrCompute<Answer>(key, compute, {
      ...lifetimes,
      ...(tags === undefined ? {} : { tags }),
      bypass: bypassOf?.(...parameters) === true,
      errorTtlMs: 0,
    });
  }

  async function wrapped(this: unknown, ...parameters: unknown[]): Promise<Answer> {
    let begun = false;
    const compute = (): Promise<Answer> => {
      begun = true;
      return call.apply(this, parameters);
    };
    try {
      return await askCache(parameters as Parameters<Run>, compute);
    } catch (error) {
      if (begun || errorType(error) !== "cache_key_invalid") throw error;
      failures.report(`cache key of ${name}`, error);
      return compute();
    }
  }
  Object.defineProperty(wrapped, "name", { value: run.name || name });
  Object.defineProperty(wrapped, "length", { value: run.length });
  return wrapped as unknown as Run;
}
