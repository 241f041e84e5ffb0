import { FlyballError, type FlyballErrorOptions } from "@flyball/core";

/** Base of what alerting throws. */
export class AlertingError extends FlyballError {}

export interface DeliveryErrorOptions extends FlyballErrorOptions {
  /** Trying the same message again cannot help: it is refused, not late. Default false. */
  readonly permanent?: boolean;
  /** How long the receiver asked to be left alone, milliseconds. */
  readonly retryAfterMs?: number;
}

/** A channel did not take a notice. */
export class DeliveryError extends AlertingError {
  readonly permanent: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: DeliveryErrorOptions = {}) {
    super("delivery_failed", message, options);
    this.permanent = options.permanent ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
