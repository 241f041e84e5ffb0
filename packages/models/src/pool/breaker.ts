import { CancelledError, TimeoutError } from "@flyball/core";
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen, isBrokenCircuitError } from "cockatiel";
import { ModelError, ProviderHttpError } from "../errors.ts";
import { abortable } from "../operation-signal.ts";

export interface BreakerOptions {
  /** Failures in a row after which nothing is sent. Default 5. */
  readonly failures?: number;
  /** How long nothing is sent before one try, milliseconds. Default 10,000. */
  readonly openMs?: number;
}

/** Stops asking an endpoint that keeps failing. */
export interface Breaker {
  /**
   * Runs `work`, or fails at once.
   * @throws ModelError `circuit_open` while the endpoint rests.
   */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  readonly state: "closed" | "open" | "half-open";
}

/**
 * Counts what says that the endpoint is ill: 5xx, no connection, timeouts. Refused requests and rate limits are
 * answers of a healthy one.
 */
export function createBreaker(endpoint: string, options: BreakerOptions = {}): Breaker {
  const openMs = options.openMs ?? 10_000;
  const policy = circuitBreaker(handleWhen(isIllness), {
    breaker: new ConsecutiveBreaker(options.failures ?? 5),
    halfOpenAfter: openMs,
  });
  return {
    async run(work, signal) {
      try {
        // In the half-open state the policy lets others wait for the one try: they keep their own deadline, and
        // those that left meanwhile are not sent.
        const attempt = policy.execute(() => {
          if (signal.aborted) throw new CancelledError(endpoint, signal.reason);
          return work();
        });
        return await abortable(attempt, signal);
      } catch (error) {
        if (!isBrokenCircuitError(error)) throw error;
        throw new ModelError("circuit_open", `${endpoint} kept failing; nothing is sent to it for ${openMs} ms`, {
          subject: endpoint,
          cause: policy.lastFailure && "error" in policy.lastFailure ? policy.lastFailure.error : error,
        });
      }
    },
    get state() {
      if (policy.state === CircuitState.Closed) return "closed";
      return policy.state === CircuitState.HalfOpen ? "half-open" : "open";
    },
  };
}

function isIllness(error: unknown): boolean {
  if (error instanceof ProviderHttpError) return error.status >= 500;
  return error instanceof TimeoutError || (error instanceof ModelError && error.code === "provider_unreachable");
}
