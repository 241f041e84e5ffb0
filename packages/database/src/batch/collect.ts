import { type Clock, systemClock } from "@flyball/core";
import DataLoader from "dataloader";
import { wholeNumber } from "../pool/settings.ts";

/** What loaders and writers take. */
export interface BatchOptions {
  /** Names the batch in metrics and errors: a word of the program. */
  readonly name: string;
  /** Most in one batch; more are split. Default 500. */
  readonly maxBatch?: number;
  /**
   * How long the first waits for company, milliseconds. Default 0: all that is asked for in the same turn of the event
   * loop is one batch, and nobody waits.
   */
  readonly lingerMs?: number;
  readonly clock?: Clock;
}

export interface ScopeOptions {
  /** False is the plain path: each on its own, at once. Default true. */
  readonly batch?: boolean;
}

export interface CollectSetup<Item, Answer> extends BatchOptions {
  readonly work: (items: readonly Item[]) => Promise<readonly (Answer | Error)[]>;
  /** What makes two items the same, to be asked for once; undefined where each stands for itself. */
  readonly identify: ((item: Item) => unknown) | undefined;
  readonly batch: boolean;
}

/** Collects what is asked for one by one into batches. */
export function collect<Item, Answer>(setup: CollectSetup<Item, Answer>): DataLoader<Item, Answer, unknown> {
  const { name, maxBatch = 500, lingerMs = 0, clock = systemClock, work, identify, batch } = setup;
  const options: DataLoader.Options<Item, Answer, unknown> = {
    name,
    batch,
    maxBatchSize: wholeNumber(`${name}.maxBatch`, maxBatch, 1),
    ...(identify ? { cacheKeyFn: identify } : { cache: false }),
    // The clock's `sleep` keeps the process alive: what was handed over is not lost by an early exit.
    ...(batch && lingerMs > 0 ? { batchScheduleFn: (run: () => void) => void clock.sleep(lingerMs).then(run) } : {}),
  };
  return new DataLoader<Item, Answer, unknown>(work, options);
}
