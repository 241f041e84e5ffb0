/** When keys were deleted, so that an answer from before does not come back from a level that has not heard of it. */
export class Tombstones {
  readonly #deletedAt = new Map<string, number>();
  readonly #capacity: number;
  /** Deletions up to this time have been forgotten; what is older is not trusted. */
  #floor = Number.NEGATIVE_INFINITY;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get empty(): boolean {
    return this.#deletedAt.size === 0;
  }

  /** `before`: the wall time before which what was computed for the key holds no longer. */
  add(key: string, before: number): void {
    const latest = Math.max(before, this.#deletedAt.get(key) ?? before);
    this.#deletedAt.delete(key);
    this.#deletedAt.set(key, latest);
    if (this.#deletedAt.size <= this.#capacity) return;
    const [oldest, at] = this.#deletedAt.entries().next().value as [string, number];
    this.#deletedAt.delete(oldest);
    this.#floor = Math.max(this.#floor, at);
  }

  /** Whether an answer that was computed from `createdAt` on was deleted since. */
  covers(key: string, createdAt: number): boolean {
    return Math.max(this.#deletedAt.get(key) ?? Number.NEGATIVE_INFINITY, this.#floor) > createdAt;
  }
}
