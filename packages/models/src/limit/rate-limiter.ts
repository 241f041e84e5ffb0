import { CancelledError, type Clock, ConfigurationError, systemClock, TimeoutError } from "@flyball/core";
import { ModelError, OverloadedError } from "../errors.ts";
import { abortable, operationSignal } from "../operation-signal.ts";
import { type AdaptOptions, adaptiveRate } from "./adaptive-rate.ts";
import { tokenBucket } from "./token-bucket.ts";

// p-queue was tried first: its rate is a count per window that is fixed when the queue is made, its waiting is
// unbounded and without deadlines, and it reads Date.now() itself. A rate that adapts needs a bucket whose rate moves;
// what p-queue is good at, slots, is not what is limited here. p-limit has slots only.

export interface RateLimiterOptions extends AdaptOptions {
  /** Calls let through at once after a pause. Default 20. */
  readonly burst?: number;
  /** Calls that may wait for their turn. One more is refused with an OverloadedError. Default 1000. */
  readonly maxWaiting?: number;
  /** Longest wait for a turn, milliseconds; then the call fails with a TimeoutError. Default 30,000. */
  readonly maxWaitMs?: number;
  /** Asked at every call; false is the plain path, with no limit at all. Default: always on. */
  readonly enabled?: () => boolean;
  /** Which errors say that the provider is overburdened. Default: all but model errors that are not `retryable`. Cancellations never do. */
  readonly isFailure?: (error: unknown) => boolean;
  readonly clock?: Clock;
}

export interface RateLimiterStats {
  /** Calls per second now. */
  readonly rate: number;
  readonly waiting: number;
  /** Calls let through, those that had waited included. */
  readonly passed: number;
  /** Calls that had to wait for their turn. */
  readonly heldBack: number;
  /** Calls refused because too many waited. */
  readonly refused: number;
  /** Calls whose wait was too long. */
  readonly expired: number;
  /** Calls that passed while the limiter was switched off. */
  readonly unlimited: number;
  readonly raises: number;
  readonly cuts: number;
}

/** Holds calls back to a rate that adapts to the provider's errors. */
export interface RateLimiter {
  /**
   * Resolves when it is the caller's turn, in order of arrival.
   * @throws OverloadedError, TimeoutError, or the signal's reason (CancelledError unless it is an error of ours).
   */
  acquire(signal?: AbortSignal): Promise<void>;
  /** Tells how a call ended, for callers that do not use `middleware`. */
  report(succeeded: boolean): void;
  /** For a model client: waits for the turn, and learns from how the call ends. */
  middleware<Value>(
    call: { readonly request: { readonly signal?: AbortSignal } },
    next: () => Promise<Value>,
  ): Promise<Value>;
  stats(): RateLimiterStats;
}

interface Waiter {
  grant(): void;
}

/** Makes a limiter. At any time at most `rate × seconds + burst` calls have passed in any stretch of seconds. */
export function createRateLimiter(options: RateLimiterOptions = {}): RateLimiter {
  const clock = options.clock ?? systemClock;
  const enabled = options.enabled ?? (() => true);
  const isFailure = options.isFailure ?? overburdened;
  const burst = atLeastOne("burst", options.burst ?? 20);
  const maxWaiting = atLeastOne("maxWaiting", options.maxWaiting ?? 1000);
  const maxWaitMs = atLeastOne("maxWaitMs", options.maxWaitMs ?? 30_000);
  const adaptive = adaptiveRate(options, clock);
  const bucket = tokenBucket({ rate: adaptive.rate, burst, clock });
  // A set keeps the order of arrival and lets one that gave up leave from the middle.
  const waiting = new Set<Waiter>();
  const counts = { passed: 0, heldBack: 0, refused: 0, expired: 0, unlimited: 0 };
  let pumping = false;

  function pump(): void {
    for (const waiter of waiting) {
      if (!bucket.tryTake()) break;
      waiting.delete(waiter);
      waiter.grant();
    }
    pumping = waiting.size > 0;
    // `sleep`, because `after` would let the process end while calls wait for their turn.
    if (pumping) void clock.sleep(bucket.waitMs()).then(pump);
  }

  async function wait(signal: AbortSignal | undefined): Promise<void> {
    counts.heldBack++;
    const turn = operationSignal("a turn under the rate limit", signal, maxWaitMs, clock);
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter: Waiter = { grant: resolve };
    waiting.add(waiter);
    if (!pumping) pump();
    try {
      await abortable(promise, turn.signal);
    } catch (error) {
      if (error instanceof TimeoutError) counts.expired++;
      throw error;
    } finally {
      waiting.delete(waiter);
      turn.dispose();
    }
  }

  async function acquire(signal?: AbortSignal): Promise<void> {
    if (!enabled()) {
      counts.unlimited++;
      return;
    }
    // Whoever comes while others wait goes to the end, even if a token has just come in.
    if (waiting.size > 0 || !bucket.tryTake()) {
      if (waiting.size >= maxWaiting) {
        counts.refused++;
        throw new OverloadedError("the rate limiter", maxWaiting);
      }
      await wait(signal);
    }
    counts.passed++;
  }

  function report(succeeded: boolean): void {
    adaptive.report(succeeded);
    if (adaptive.rate !== bucket.rate) bucket.setRate(adaptive.rate);
  }

  return {
    acquire,
    report,
    async middleware(call, next) {
      // Held from before the call: what a switched-off limiter let through says nothing about its rate.
      const limited = enabled();
      await acquire(call.request.signal);
      try {
        const value = await next();
        if (limited) report(true);
        return value;
      } catch (error) {
        if (limited && !isCancelled(error)) report(!isFailure(error));
        throw error;
      }
    },
    stats: () => ({
      ...counts,
      rate: bucket.rate,
      waiting: waiting.size,
      raises: adaptive.raises,
      cuts: adaptive.cuts,
    }),
  };
}

function atLeastOne(path: string, value: number): number {
  if (!(value >= 1)) throw new ConfigurationError(path, value, "a number of at least 1");
  return value;
}

function overburdened(error: unknown): boolean {
  return error instanceof ModelError ? error.retryable : true;
}

function isCancelled(error: unknown): boolean {
  return error instanceof CancelledError || (error instanceof Error && error.name === "AbortError");
}
