/** What cached queries need of a cache; `@flyball/cache` fits as it is. */
export interface QueryCache {
  /** The value under the key, or computed once for all who ask meanwhile and kept. Rejects only as `compute` does. */
  getOrCompute<T>(
    key: string,
    compute: () => Promise<T>,
    options?: { readonly ttlMs?: number; readonly tags?: readonly string[] },
  ): T | Promise<T>;
  /**
   * Forgets all values with one of the tags. What is being computed for them at this moment must not be kept either:
   * it may have read before the write.
   */
  invalidate(...tags: string[]): Promise<unknown>;
}
