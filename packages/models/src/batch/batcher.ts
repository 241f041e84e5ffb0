import { AsyncLocalStorage } from "node:async_hooks";
import { type Clock, ConfigurationError, systemClock } from "@flyball/core";
import { abortable, operationSignal } from "../operation-signal.ts";

export interface BatcherOptions<Item, Answer> {
  /** Answers one item: the plain path, and what an item falls back to. */
  readonly single: (item: Item, signal: AbortSignal) => Promise<Answer>;
  /** Answers several at once, in their order; `undefined` for one whose answer is missing or malformed. */
  readonly together: (items: readonly Item[], signal: AbortSignal) => Promise<readonly (Answer | undefined)[]>;
  /** Asked at every item; false is the plain path. Default: always on. */
  readonly enabled?: () => boolean;
  /** Most items in one call, 1 to 100; 1 is the plain path. Default 4. */
  readonly size?: number;
  /** How long the first item waits for company, milliseconds. Default 20. */
  readonly windowMs?: number;
  /** Items that may wait for company; further ones take the plain path. Default 1000. */
  readonly maxWaiting?: number;
  /** Items of different groups never share a call, for example those of different tenants or runs. Default: one group. */
  readonly groupOf?: (item: Item) => string;
  readonly clock?: Clock;
}

export interface BatcherStats {
  /** Items asked for. */
  readonly items: number;
  /** Items that took the plain path: switched off, alone in their window, or too many waiting. */
  readonly plain: number;
  /** Calls that carried several items. */
  readonly batches: number;
  /** Batches by the number of their items. */
  readonly sizes: Readonly<Record<number, number>>;
  /** Items whose answer was missing or malformed, or whose batch failed, and that were asked again alone. */
  readonly fallbacks: number;
  /** Batches that failed as a whole. */
  readonly failedBatches: number;
}

/** Collects items for a moment and answers them together. The caller sees no difference from one call each. */
export interface Batcher<Item, Answer> {
  ask(item: Item, options?: { readonly signal?: AbortSignal }): Promise<Answer>;
  stats(): BatcherStats;
}

interface Entry<Item, Answer> {
  readonly item: Item;
  readonly signal: AbortSignal;
  readonly settle: (answer: Promise<Answer>) => void;
  /** Runs work in the async context of whoever asked, so that its telemetry belongs to their run. */
  readonly inContext: <T>(work: () => T) => T;
}

/** Makes a batcher. A batch runs in the async context of the item that opened it. */
export function createBatcher<Item, Answer>(options: BatcherOptions<Item, Answer>): Batcher<Item, Answer> {
  const { single, together, enabled = () => true, size = 4, windowMs = 20, maxWaiting = 1000 } = options;
  const { groupOf = () => "", clock = systemClock } = options;
  if (!Number.isInteger(size) || size < 1 || size > 100) throw new ConfigurationError("size", size, "1 to 100");
  if (!(windowMs >= 0)) throw new ConfigurationError("windowMs", windowMs, "milliseconds, 0 or more");
  const open = new Map<string, Entry<Item, Answer>[]>();
  const counts = { items: 0, plain: 0, batches: 0, fallbacks: 0, failedBatches: 0 };
  const sizes: Record<number, number> = {};
  let waiting = 0;

  function collect(entry: Entry<Item, Answer>): void {
    const group = groupOf(entry.item);
    let batch = open.get(group);
    if (!batch) {
      const opened: Entry<Item, Answer>[] = [];
      batch = opened;
      open.set(group, opened);
      // `sleep`, because `after` would let the process end while items wait for company.
      void clock.sleep(windowMs).then(() => close(group, opened));
    }
    batch.push(entry);
    waiting++;
    if (batch.length >= size) close(group, batch);
  }

  function close(group: string, batch: Entry<Item, Answer>[]): void {
    if (open.get(group) !== batch) return;
    open.delete(group);
    waiting -= batch.length;
    const present = batch.filter((entry) => !entry.signal.aborted);
    const [first, ...others] = present;
    if (first && others.length === 0) {
      counts.plain++;
      alone(first);
    } else if (first) first.inContext(() => void run(present));
  }

  function alone({ inContext, settle, item, signal }: Entry<Item, Answer>): void {
    settle(inContext(() => single(item, signal)));
  }

  function fallBack(entry: Entry<Item, Answer>): void {
    if (entry.signal.aborted) return;
    counts.fallbacks++;
    alone(entry);
  }

  async function run(batch: readonly Entry<Item, Answer>[]): Promise<void> {
    counts.batches++;
    sizes[batch.length] = (sizes[batch.length] ?? 0) + 1;
    const call = whileAnyoneWaits(batch.map((entry) => entry.signal));
    try {
      const answers = await together(
        batch.map((entry) => entry.item),
        call.signal,
      );
      for (const [index, entry] of batch.entries()) {
        const answer = answers[index];
        if (answer === undefined) fallBack(entry);
        else entry.settle(Promise.resolve(answer));
      }
    } catch {
      // The error is not lost: each item's own call meets it again if it lasts.
      if (!call.signal.aborted) counts.failedBatches++;
      for (const entry of batch) fallBack(entry);
    } finally {
      call.dispose();
    }
  }

  return {
    async ask(item, { signal } = {}) {
      counts.items++;
      const life = operationSignal("a batched question", signal, Number.POSITIVE_INFINITY, clock);
      try {
        life.signal.throwIfAborted();
        if (!enabled() || waiting >= maxWaiting) {
          counts.plain++;
          return await single(item, life.signal);
        }
        const { promise, resolve } = Promise.withResolvers<Answer>();
        collect({ item, signal: life.signal, settle: resolve, inContext: AsyncLocalStorage.snapshot() });
        return await abortable(promise, life.signal);
      } finally {
        life.dispose();
      }
    },
    stats: () => ({ ...counts, sizes: { ...sizes } }),
  };
}

/** A signal that aborts when every one of `signals` has: a shared call ends only when nobody waits for it. */
function whileAnyoneWaits(signals: readonly AbortSignal[]): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  let present = signals.length;
  const onAbort = (event: Event): void => {
    if (--present === 0) controller.abort((event.target as AbortSignal).reason);
  };
  for (const signal of signals) signal.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    dispose() {
      for (const signal of signals) signal.removeEventListener("abort", onAbort);
    },
  };
}
