import { type Clock, ConfigurationError } from "@flyball/core";

export interface AdaptOptions {
  /** Calls per second to begin with. Default 10. */
  readonly rate?: number;
  /** The rate never falls below this. Default 1. */
  readonly minRate?: number;
  /** The rate never rises above this. Default 100. */
  readonly maxRate?: number;
  /** Shortest time between two adjustments, milliseconds. Default 10,000. */
  readonly adjustEveryMs?: number;
  /** Fewest ended calls that an adjustment is based on; a quiet interval goes on until it has them. Default 10. */
  readonly minSamples?: number;
}

/** A rate that follows the share of failed calls: over 10 % it falls by a fifth, under 1 % it rises by a tenth. */
export interface AdaptiveRate {
  report(succeeded: boolean): void;
  readonly rate: number;
  readonly raises: number;
  readonly cuts: number;
}

const cutAbove = 0.1;
const raiseBelow = 0.01;

export function adaptiveRate(options: AdaptOptions, clock: Clock): AdaptiveRate {
  const { rate: first = 10, minRate = 1, maxRate = 100, adjustEveryMs = 10_000, minSamples = 10 } = options;
  if (!(minRate > 0)) throw new ConfigurationError("minRate", minRate, "a number above 0");
  if (!(maxRate >= minRate))
    throw new ConfigurationError("maxRate", maxRate, `a number of at least minRate (${minRate})`);
  if (!(first >= minRate && first <= maxRate)) {
    throw new ConfigurationError("rate", first, `a number from minRate (${minRate}) to maxRate (${maxRate})`);
  }
  let rate = first;
  let raises = 0;
  let cuts = 0;
  let succeeded = 0;
  let failed = 0;
  let since = clock.monotonic();

  function adjust(): void {
    const failing = failed / (succeeded + failed);
    if (failing > cutAbove) {
      rate = Math.max(minRate, rate * 0.8);
      cuts++;
    } else if (failing < raiseBelow) {
      rate = Math.min(maxRate, rate * 1.1);
      raises++;
    }
    succeeded = 0;
    failed = 0;
    since = clock.monotonic();
  }

  return {
    get rate() {
      return rate;
    },
    get raises() {
      return raises;
    },
    get cuts() {
      return cuts;
    },
    // Adjusted when calls end, not by a timer: without calls there is nothing to learn from.
    report(ok) {
      if (ok) succeeded++;
      else failed++;
      if (succeeded + failed >= minSamples && clock.monotonic() - since >= adjustEveryMs) adjust();
    },
  };
}
