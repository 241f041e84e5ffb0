import { FlyballError } from "@flyball/core";

/**
 * Codes of the errors that talking to a model can end in. Timeouts and cancellation are the core's own
 * `TimeoutError` and `CancelledError`.
 */
export type ModelErrorCode =
  | "provider_http"
  | "provider_rate_limited"
  | "provider_unauthorized"
  | "provider_unreachable"
  | "provider_overloaded"
  | "circuit_open"
  | "response_malformed"
  | "stream_incomplete"
  | "request_unsupported"
  | "context_exceeded"
  | "model_unknown"
  | "model_file_missing"
  | "model_file_invalid"
  | "model_load_failed"
  | "peer_missing"
  | "script_exhausted";

export interface ModelErrorOptions {
  /** The provider's name, or the file the error is about. */
  readonly subject?: string;
  readonly cause?: unknown;
  /** Whether the same request may well succeed a moment later. Default false. */
  readonly retryable?: boolean;
}

/** Base of what this package throws. */
export class ModelError extends FlyballError {
  declare readonly code: ModelErrorCode;
  /** Whether the same request may well succeed a moment later. */
  readonly retryable: boolean;
  /** Tries made before giving up. */
  attempts = 1;

  constructor(code: ModelErrorCode, message: string, options: ModelErrorOptions = {}) {
    super(code, message, options);
    this.retryable = options.retryable ?? false;
  }
}

/** The provider answered with an HTTP status that is not success. */
export class ProviderHttpError extends ModelError {
  readonly status: number;
  /** How long the provider asked to wait, milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The provider's own word for the error, for example "context_length_exceeded". */
  readonly providerCode: string | undefined;

  constructor(
    message: string,
    details: ModelErrorOptions & {
      readonly status: number;
      readonly retryAfterMs?: number | undefined;
      readonly providerCode?: string | undefined;
    },
  ) {
    super(codeOfStatus(details.status), message, details);
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.providerCode = details.providerCode;
  }
}

function codeOfStatus(status: number): ModelErrorCode {
  if (status === 429) return "provider_rate_limited";
  if (status === 401 || status === 403) return "provider_unauthorized";
  return "provider_http";
}

/** An answer that began and was cut off, or stopped making sense: what had arrived is not the answer. */
export class BrokenAnswerError extends ModelError {
  /** What had arrived until then. Content: never log it unasked. */
  declare readonly partialText: string;

  constructor(
    code: "stream_incomplete" | "response_malformed",
    message: string,
    partialText: string,
    options?: ModelErrorOptions,
  ) {
    super(code, message, options);
    // Not enumerable, so that loggers which print an error's fields do not print the prompt's answer.
    Object.defineProperty(this, "partialText", { value: partialText, enumerable: false });
  }
}

/** Too much is waiting already; nothing was sent. */
export class OverloadedError extends ModelError {
  constructor(what: string, limit: number) {
    super(
      "provider_overloaded",
      `${what} has ${limit} requests waiting already; send fewer at once or raise the limit`,
      {
        subject: what,
        retryable: true,
      },
    );
  }
}
