import { ConfigurationError } from "@flyball/core";

/** A time to live in whole milliseconds, rounded up. @throws ConfigurationError when it is not a positive number. */
export function wholeTtl(ttlMs: number): number {
  if (!(Number.isFinite(ttlMs) && ttlMs > 0)) {
    throw new ConfigurationError("ttlMs", ttlMs, "a positive number of milliseconds");
  }
  return Math.ceil(ttlMs);
}

/** @throws ConfigurationError when it is not a safe integer, which is all that both engines count in. */
export function wholeStep(by: number): number {
  if (!Number.isSafeInteger(by)) throw new ConfigurationError("by", by, "an integer");
  return by;
}
