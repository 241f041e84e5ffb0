import type { Clock } from "@flyball/core";
import { ModelError, ProviderHttpError } from "../errors.ts";

export interface RetryOptions {
  /** Tries in all, the first included. Default 3. */
  readonly attempts?: number;
  /** Longest wait before the second try, milliseconds; doubles from there. Default 500. */
  readonly backoffMs?: number;
  /** Longest wait of all, milliseconds, unless the server asks for more. Default 8,000. */
  readonly maxBackoffMs?: number;
}

interface Attempts {
  readonly clock: Clock;
  /** Between 0 and 1, for jitter. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** A wait that would not leave time for another try is not begun. */
  remainingMs(): number;
}

/**
 * Runs `work` again while it fails with a retryable error. Waits as long as the server asks, else half the
 * exponential backoff plus a random share of the other half, so that clients which failed together do not come
 * back together.
 */
export async function withRetries<T>(
  work: (attempt: number) => Promise<T>,
  options: RetryOptions,
  { clock, random, signal, remainingMs }: Attempts,
): Promise<T> {
  const attempts = options.attempts ?? 3;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (error instanceof ModelError) error.attempts = attempt;
      if (!(error instanceof ModelError) || !error.retryable || attempt >= attempts) throw error;
      const backoff = Math.min((options.backoffMs ?? 500) * 2 ** (attempt - 1), options.maxBackoffMs ?? 8000);
      const asked = error instanceof ProviderHttpError ? error.retryAfterMs : undefined;
      const delay = asked ?? backoff / 2 + (random() * backoff) / 2;
      if (delay >= remainingMs()) throw error;
      await clock.sleep(delay, signal);
    }
  }
}
