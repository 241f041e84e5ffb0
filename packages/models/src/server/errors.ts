import { CancelledError, FlyballError, TimeoutError } from "@flyball/core";
import type { z } from "zod";
import { ModelError, type ModelErrorCode, ProviderHttpError } from "../errors.ts";

/** An error as OpenAI's clients read it. */
export interface ErrorAnswer {
  readonly status: 400 | 401 | 404 | 413 | 422 | 429 | 499 | 500 | 502 | 503 | 504;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly param: string | null;
      readonly code: string | null;
    };
  };
}

type Status = ErrorAnswer["status"];

const statusOf: Readonly<Record<ModelErrorCode, Status>> = {
  provider_http: 502,
  provider_rate_limited: 429,
  // The key that was refused is this server's, not the caller's.
  provider_unauthorized: 502,
  provider_unreachable: 503,
  provider_overloaded: 429,
  circuit_open: 503,
  response_malformed: 422,
  stream_incomplete: 502,
  request_unsupported: 400,
  context_exceeded: 400,
  model_unknown: 404,
  model_file_missing: 503,
  model_file_invalid: 503,
  model_load_failed: 503,
  peer_missing: 503,
  script_exhausted: 500,
};

/** Where OpenAI has a word of its own for the same thing. */
const wordOf: Partial<Record<ModelErrorCode, string>> = {
  model_unknown: "model_not_found",
  context_exceeded: "context_length_exceeded",
  provider_rate_limited: "rate_limit_exceeded",
  provider_overloaded: "rate_limit_exceeded",
};

export function errorAnswer(
  status: Status,
  message: string,
  code: string | null,
  param: string | null = null,
  headers: Readonly<Record<string, string>> = {},
): ErrorAnswer {
  return { status, headers, body: { error: { message, type: typeOf(status), param, code } } };
}

/** Turns whatever a model call threw into an answer. What is not an error of ours keeps its message to itself. */
export function answerFor(error: unknown): ErrorAnswer {
  if (error instanceof ProviderHttpError && error.status === 400) return errorAnswer(400, error.message, error.code);
  if (error instanceof ModelError) {
    const waitMs = error instanceof ProviderHttpError ? error.retryAfterMs : undefined;
    const status = statusOf[error.code];
    const seconds = Math.max(1, Math.ceil((waitMs ?? 1000) / 1000));
    const headers = status === 429 ? { "retry-after": String(seconds) } : undefined;
    return errorAnswer(status, error.message, wordOf[error.code] ?? error.code, null, headers);
  }
  if (error instanceof TimeoutError) return errorAnswer(504, error.message, error.code);
  if (error instanceof CancelledError) return errorAnswer(499, error.message, error.code);
  if (error instanceof FlyballError) return errorAnswer(500, error.message, error.code);
  return errorAnswer(500, "The server failed while it answered; its log says more.", "internal_error");
}

/** A body of the wrong shape: says where, and what was expected. */
export function answerForShape(error: z.ZodError): ErrorAnswer {
  const issue = error.issues[0];
  const path = issue?.path.join(".") ?? "";
  return errorAnswer(
    400,
    `Invalid value for "${path}": ${issue?.message ?? "unreadable"}`,
    "invalid_value",
    path || null,
  );
}

function typeOf(status: Status): string {
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
