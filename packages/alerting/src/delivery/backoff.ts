/** How a channel is tried again. Times are milliseconds. */
export interface RetryPolicy {
  /** Before the second try; doubled each time. Default 1,000. */
  readonly firstMs?: number;
  /** Default 5 minutes. */
  readonly longestMs?: number;
  /** After so long a notice is a dead letter. Default 24 hours. */
  readonly giveUpAfterMs?: number;
}

/**
 * The wait before the next try: between half and all of a doubling delay, at random, so that replicas and channels do
 * not come back in step.
 */
export function backoffMs(attempts: number, policy: RetryPolicy = {}, random: () => number = Math.random): number {
  const { firstMs = 1_000, longestMs = 300_000 } = policy;
  const delay = Math.min(longestMs, firstMs * 2 ** Math.min(30, Math.max(0, attempts - 1)));
  return delay * (0.5 + random() / 2);
}
