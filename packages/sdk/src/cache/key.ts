let keyOf: typeof import("@flyball/cache").keyOf | undefined;

/**
 * A key made of whatever determines an answer, by the cache package, which loads with the first key.
 * @throws CacheKeyError for what has no stable identity: functions, instances of classes.
 */
export async function cacheKey(...parts: readonly unknown[]): Promise<string> {
  keyOf ??= (await import("@flyball/cache")).keyOf;
  return keyOf(...parts);
}
