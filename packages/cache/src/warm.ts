import { ConfigurationError } from "@flyball/core";
import type { CallOptions, Compute } from "./options.ts";
import type { View } from "./view.ts";

export interface WarmOptions<T> {
  /** The keys to warm, or … */
  readonly keys?: Iterable<string>;
  /** … as many of the most used keys of earlier processes as this; needs `historyKeys`, and is of the cache itself only. */
  readonly history?: number;
  /** Computes the answer of a key that no level has. Without it only what levels have is brought into memory. */
  readonly compute?: (key: string, context: Parameters<Compute<T>>[0]) => ReturnType<Compute<T>>;
  /** Options of the answers that are computed. */
  readonly options?: CallOptions<T>;
  /** Most keys at once. Default 4: warming must not crowd out the calls that people wait for. */
  readonly concurrency?: number;
  /** Stops between two keys. */
  readonly signal?: AbortSignal;
}

/** What became of the keys. */
export interface Warmed {
  /** Were in a level, and are in memory now. */
  readonly found: number;
  readonly computed: number;
  /** Were in no level, and nothing was there to compute them. */
  readonly missing: number;
  /** Could not be computed. */
  readonly failed: number;
}

/** Brings keys into memory, a few at a time. Never rejects because of one of them. */
export async function warm<T>(view: View, options: WarmOptions<T>): Promise<Warmed> {
  const { keys, history, compute, concurrency = 4, signal } = options;
  const list = new Set(keys);
  if (history !== undefined) for (const key of await mostUsed(view, history)) list.add(key);
  const done = { found: 0, computed: 0, missing: 0, failed: 0 };
  const waiting = list.values();

  async function one(key: string): Promise<void> {
    const had = await view.get<T>(key);
    if (had && !had.stale) done.found++;
    else if (!compute) done.missing++;
    else {
      await view.getOrCompute<T>(key, (context) => compute(key, context), options.options);
      done.computed++;
    }
  }

  async function worker(): Promise<void> {
    // The iterator is shared: each worker takes the next key that nobody has taken.
    for (const key of waiting) {
      if (signal?.aborted) return;
      await one(key).catch(() => done.failed++);
    }
  }

  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, worker));
  return done;
}

function mostUsed({ scope, inside }: View, count: number): Promise<string[]> {
  if (scope.memoryPrefix === "") return inside.history.most(count);
  throw new ConfigurationError("warm.history", count, "nothing: a namespace or tenant has no history; give it keys");
}
