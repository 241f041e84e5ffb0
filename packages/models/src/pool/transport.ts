import type { Readable } from "node:stream";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** Path and query, from the root of the origin. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Must be read to its end or destroyed: that is what gives the connection back. */
  readonly body: Readable;
}

/** Connections now and since the start, for reuse to be seen. */
export interface TransportStats {
  /** Requests sent. */
  readonly requests: number;
  /** Connections opened. */
  readonly connections: number;
  /** Requests that needed no new connection. */
  readonly reused: number;
  /** Connections open now. */
  readonly open: number;
  /** Requests under way now. */
  readonly active: number;
  /** Requests waiting for a connection now. */
  readonly waiting: number;
}

/** Carries requests to one origin. */
export interface Transport {
  readonly kind: "pooled" | "plain";
  /** Rejects when no response came; any status is a response. */
  send(request: HttpRequest): Promise<HttpResponse>;
  stats(): TransportStats;
  /** Ends idle connections at once and busy ones as they finish, but destroys what is left after `graceMs`. */
  close(graceMs?: number): Promise<void>;
}
