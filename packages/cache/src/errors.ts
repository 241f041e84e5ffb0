import { describe, FlyballError, type FlyballErrorOptions } from "@flyball/core";

/** Base of what the cache throws. */
export class CacheError extends FlyballError {}

/** A level does not answer now; it is asked again when a probe in the background has succeeded. */
export class LevelUnavailableError extends CacheError {
  constructor(level: string, why: string, options: Pick<FlyballErrorOptions, "cause"> = {}) {
    super("cache_level_unavailable", `The cache level ${level} is not available: ${why}`, {
      subject: level,
      ...options,
    });
  }
}

/** A value would not come back from a level as it went in, so it is not written there. */
export class UnstorableValueError extends CacheError {
  constructor(what: string, cause?: unknown) {
    super(
      "cache_value_unstorable",
      `The value holds ${what}, which would not come back from Redis or disk as it is; it is kept in memory only. ` +
        "Return plain data, or ask for memory levels only.",
      { subject: what, ...(cause === undefined ? {} : { cause }) },
    );
  }
}

/** A key is not a string that can be told from others. */
export class CacheKeyError extends CacheError {
  constructor(received: unknown, expected: string) {
    super("cache_key_invalid", `A cache key must be ${expected}, received ${describe(received)}`);
  }
}

/** The one process that computed this answer failed; `errorType` names its error, whose text stays there. */
export class ComputedElsewhereError extends CacheError {
  readonly errorType: string;

  constructor(cache: string, errorType: string) {
    super("cache_computed_elsewhere", `Another process computed this for ${cache} and failed (${errorType})`, {
      subject: cache,
    });
    this.errorType = errorType;
  }
}

/** The cache was closed. */
export class CacheClosedError extends CacheError {
  constructor(cache: string) {
    super("cache_closed", `The cache ${cache} is closed`, { subject: cache });
  }
}
