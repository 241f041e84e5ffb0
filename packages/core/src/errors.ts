/** What every Flyball error carries: a stable code, what it is about, and what to do. */
export interface FlyballErrorOptions {
  /** The thing the error is about: a path, a node's name, a URL without credentials. */
  readonly subject?: string;
  readonly cause?: unknown;
}

/**
 * Base of every error that Flyball throws. `code` is stable and documented in `docs/errors.md`; messages are
 * sentences for people and may change.
 */
export class FlyballError extends Error {
  readonly code: string;
  readonly subject: string | undefined;

  constructor(code: string, message: string, options: FlyballErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.subject = options.subject;
  }
}

/** A setting was refused: names the path, what was received and what was expected. */
export class ConfigurationError extends FlyballError {
  constructor(path: string, received: unknown, expected: string, options: { cause?: unknown } = {}) {
    super("configuration_invalid", `${path}: expected ${expected}, received ${describe(received)}`, {
      subject: path,
      ...options,
    });
  }
}

/** An operation did not finish within its deadline, in milliseconds. */
export class TimeoutError extends FlyballError {
  constructor(what: string, timeoutMs: number) {
    super("timeout", `${what} did not finish within ${timeoutMs} ms`, { subject: what });
  }
}

/** An operation was cancelled through its AbortSignal. */
export class CancelledError extends FlyballError {
  constructor(what: string, cause?: unknown) {
    super("cancelled", `${what} was cancelled`, { subject: what, ...(cause === undefined ? {} : { cause }) });
  }
}

/** Turns whatever was thrown into an Error; a thrown non-Error is kept as the cause. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new FlyballError("thrown_non_error", `A value that is not an Error was thrown: ${describe(thrown)}`, {
    cause: thrown,
  });
}

/** A bounded, low-cardinality name of an error for labels: its code if it has one, else its class. */
export function errorType(error: unknown): string {
  if (error instanceof FlyballError) return error.code;
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code;
    return typeof code === "string" && code.length <= 64 ? code : error.name;
  }
  return "thrown_non_error";
}

/** A short, one-line rendering of any value, for messages. Never longer than 80 characters. */
export function describe(value: unknown): string {
  let text: string | undefined;
  try {
    text =
      typeof value === "string"
        ? JSON.stringify(value)
        : typeof value === "bigint"
          ? `${value}n`
          : JSON.stringify(value);
  } catch {
    text = undefined;
  }
  text ??= String(typeof value === "symbol" || typeof value === "function" ? typeof value : value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
