/** Places of which at most so many are taken; who finds none waits in line. */
export interface Slots {
  readonly most: number;
  readonly inUse: number;
  readonly waiting: number;
  /** True when a place was free and is taken now. */
  tryTake(): boolean;
  /** Stands in line; `onPlace` is called with the place taken. Returns how to leave the line, or undefined when it is full. */
  enqueue(onPlace: () => void): (() => void) | undefined;
  /** Gives a place back: to the first in line, if any. */
  free(): void;
}

/** `most` places and a line of at most `queueMost`. */
export function createSlots(most: number, queueMost: number): Slots {
  // A set keeps the order of arrival and lets anybody leave from the middle at no cost.
  const line = new Set<() => void>();
  let inUse = 0;
  return {
    most,
    get inUse() {
      return inUse;
    },
    get waiting() {
      return line.size;
    },
    tryTake() {
      if (inUse >= most) return false;
      inUse++;
      return true;
    },
    enqueue(onPlace) {
      if (line.size >= queueMost) return undefined;
      // A function of its own per caller: the same callback may stand in line twice.
      const entry = (): void => onPlace();
      line.add(entry);
      return () => void line.delete(entry);
    },
    free() {
      const [next] = line;
      if (!next) {
        inUse--;
        return;
      }
      line.delete(next);
      next();
    },
  };
}
