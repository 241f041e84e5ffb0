import type { Clock } from "@flyball/core";

/** Lets `rate` operations a second through, with up to `burst` at once after a pause. */
export interface TokenBucket {
  /** Takes one token if there is one. */
  tryTake(): boolean;
  /** Milliseconds until `tryTake` would succeed; 0 when it would now. */
  waitMs(): number;
  /** Changes the rate from now on; tokens already earned stay. */
  setRate(perSecond: number): void;
  readonly rate: number;
}

/** Makes a full bucket. In any stretch of `t` seconds at most `rate × t + burst` tokens are taken. */
export function tokenBucket(options: {
  readonly rate: number;
  readonly burst: number;
  readonly clock: Clock;
}): TokenBucket {
  const { burst, clock } = options;
  let rate = options.rate;
  let tokens = burst;
  let filledAt = clock.monotonic();

  function refill(): void {
    const now = clock.monotonic();
    tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * rate);
    filledAt = now;
  }

  // Refills add fractions; without the slack ten tenths would be 0.9999… and a due caller would wait once more.
  const one = 1 - 1e-9;

  return {
    get rate() {
      return rate;
    },
    tryTake() {
      refill();
      if (tokens < one) return false;
      tokens = Math.max(0, tokens - 1);
      return true;
    },
    waitMs() {
      refill();
      return tokens >= one ? 0 : ((1 - tokens) / rate) * 1000;
    },
    setRate(perSecond) {
      refill();
      rate = perSecond;
    },
  };
}
