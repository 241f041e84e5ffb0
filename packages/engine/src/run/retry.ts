import { CancelledError } from "@flyball/core";
import type { RetryPolicy } from "../types.ts";

/**
 * Milliseconds before the try after number `attempt`: exponential from `backoffMs`, capped at `maxBackoffMs`, of which
 * the share `jitter` is drawn at random, so that nodes that failed together do not come back together.
 */
export function backoff(policy: RetryPolicy, attempt: number, random: () => number): number {
  const { backoffMs = 200, maxBackoffMs = 10_000, jitter = 0.5 } = policy;
  const delay = Math.min(maxBackoffMs, backoffMs * 2 ** (attempt - 1));
  return delay * (1 - jitter * random());
}

export function retryable(policy: RetryPolicy, error: Error): boolean {
  return policy.retryable ? policy.retryable(error) : !(error instanceof CancelledError);
}
