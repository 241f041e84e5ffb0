/**
 * Hands items from a producer to a consumer one at a time: `put` waits until the item was taken, so nothing piles
 * up behind a slow reader.
 */
export interface Handoff<T> {
  /** Resolves when the consumer asked for the next item; rejects when it went away. */
  put(item: T): Promise<void>;
  /** No more items; with an error, the consumer throws it. */
  end(error?: unknown): void;
  /** The items, once. */
  readonly items: AsyncIterableIterator<T>;
}

interface Offer<T> {
  readonly item: T;
  taken(): void;
  refused(reason: unknown): void;
}

class ReaderLeft extends Error {
  override readonly message = "nobody reads this stream any more";
}

/** `onLeave` is called when the consumer stops before the end. */
export function handoff<T>(onLeave: () => void): Handoff<T> {
  let offered: Offer<T> | undefined;
  let ended: { readonly error?: unknown } | undefined;
  let wakeConsumer: (() => void) | undefined;
  /** The item that the consumer is working on. */
  let held: Offer<T> | undefined;

  const wake = (): void => {
    wakeConsumer?.();
    wakeConsumer = undefined;
  };

  return {
    put: (item) =>
      new Promise((taken, refused) => {
        if (ended) return refused(new ReaderLeft());
        offered = { item, taken, refused };
        wake();
      }),
    end(error) {
      ended ??= error === undefined ? {} : { error };
      wake();
    },
    items: {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        held?.taken();
        held = undefined;
        while (!offered && !ended) await new Promise<void>((resolve) => (wakeConsumer = resolve));
        if (offered) {
          held = offered;
          offered = undefined;
          return { done: false, value: held.item };
        }
        if (ended && "error" in ended) throw ended.error;
        return { done: true, value: undefined };
      },
      async return() {
        if (!ended) onLeave();
        ended ??= {};
        (held ?? offered)?.refused(new ReaderLeft());
        return { done: true, value: undefined };
      },
    },
  };
}
