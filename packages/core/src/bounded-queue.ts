/** A first-in first-out queue that refuses what does not fit and counts it. */
export interface BoundedQueue<T> {
  /** Adds at the end; false (and counted as dropped) when full. */
  push(item: T): boolean;
  /** Takes up to `most` items from the front. */
  take(most: number): T[];
  readonly size: number;
  readonly capacity: number;
  /** Items refused since the queue was made. */
  readonly dropped: number;
}

/** Makes a queue of at most `capacity` items (a positive integer). */
export function boundedQueue<T>(capacity: number): BoundedQueue<T> {
  if (!Number.isInteger(capacity) || capacity < 1)
    throw new RangeError(`capacity must be a positive integer, got ${capacity}`);
  let items: T[] = [];
  let head = 0;
  let dropped = 0;
  return {
    capacity,
    get size() {
      return items.length - head;
    },
    get dropped() {
      return dropped;
    },
    push(item) {
      if (items.length - head >= capacity) {
        dropped++;
        return false;
      }
      items.push(item);
      return true;
    },
    take(most) {
      const taken = items.slice(head, head + most);
      head += taken.length;
      // Compacting only past half keeps both ends amortised O(1) without a ring buffer's bookkeeping.
      if (head * 2 >= items.length) {
        items = items.slice(head);
        head = 0;
      }
      return taken;
    },
  };
}
