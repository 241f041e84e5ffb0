import type { ErrorAnswer } from "../server/errors.ts";

/** One HTTP request being answered: a socket in service, a recorder in tests on a fake clock. */
export interface Exchange {
  /** Aborts when the caller went away or the emulator closes. */
  readonly signal: AbortSignal;
  /** Sends the status line and headers. */
  start(status: number, headers: Readonly<Record<string, string>>): void;
  write(text: string): void;
  end(text?: string): void;
  /** Breaks the connection without a proper end. */
  cut(): void;
}

/** Answers with one JSON body. */
export function sendJson(
  exchange: Exchange,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  exchange.start(status, { ...jsonHeaders(text), ...headers });
  exchange.end(text);
}

/** Answers as OpenAI words its errors. */
export function sendError(exchange: Exchange, { status, body, headers }: ErrorAnswer): void {
  sendJson(exchange, status, body, headers);
}

export function jsonHeaders(text: string): Record<string, string> {
  return { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) };
}
