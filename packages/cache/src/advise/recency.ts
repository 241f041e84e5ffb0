/** A key in the order of use. */
export interface Ranked {
  /** Place in the order; later is more recent. */
  slot: number;
  bytes: number;
}

/**
 * The order in which keys were last used, and how many bytes were used since any of them: a Fenwick tree over places
 * in that order, so that both take a logarithm of the number of keys.
 */
export class Recency<T extends Ranked> {
  readonly #tree: Float64Array;
  readonly #slots: (T | undefined)[];
  #next = 1;
  #total = 0;

  /** `capacity`: most keys at once. */
  constructor(capacity: number) {
    this.#tree = new Float64Array(4 * capacity + 1);
    this.#slots = new Array<T | undefined>(this.#tree.length);
  }

  /** Bytes of all keys used more recently than this one. */
  bytesSince(item: T): number {
    let upTo = 0;
    for (let at = item.slot; at > 0; at -= at & -at) upTo += this.#tree[at] as number;
    return Math.max(0, this.#total - upTo);
  }

  add(item: T): void {
    if (this.#next >= this.#tree.length) this.#compact();
    item.slot = this.#next++;
    this.#slots[item.slot] = item;
    this.#change(item.slot, item.bytes);
  }

  remove(item: T): void {
    this.#change(item.slot, -item.bytes);
    this.#slots[item.slot] = undefined;
  }

  resize(item: T, bytes: number): void {
    this.#change(item.slot, bytes - item.bytes);
    item.bytes = bytes;
  }

  /** Closes the gaps that moved keys left behind. */
  #compact(): void {
    const items = this.#slots.filter((item) => item !== undefined);
    this.#tree.fill(0);
    this.#slots.fill(undefined);
    this.#next = 1;
    this.#total = 0;
    for (const item of items) this.add(item);
  }

  #change(slot: number, by: number): void {
    this.#total += by;
    for (let at = slot; at < this.#tree.length; at += at & -at) this.#tree[at] = (this.#tree[at] as number) + by;
  }
}
