import { type Clock, ConfigurationError, errorType } from "@flyball/core";
import { ModelError } from "../../errors.ts";
import { createPlainTransport } from "../../pool/plain.ts";
import { createPooledTransport } from "../../pool/pooled.ts";
import type { HttpRequest, HttpResponse, Transport, TransportStats } from "../../pool/transport.ts";
import { httpError } from "./error-body.ts";
import type { OpenAiProviderOptions } from "./provider.ts";

/** HTTP with one endpoint: its address, its key, its connections, and its refusals as errors. */
export interface Endpoint {
  /**
   * Sends, and resolves when a successful answer begins.
   * @throws ProviderHttpError on any other status; ModelError `provider_unreachable` when there is none.
   */
  open(method: HttpRequest["method"], path: string, signal: AbortSignal, body?: string): Promise<HttpResponse>;
  /** Reads a body to its end, 64 MB at most. */
  readText(response: HttpResponse, signal: AbortSignal): Promise<string>;
  /** Gives the connection of an answer back that may not have been read to its end. */
  release(response: HttpResponse): Promise<void>;
  stats(): { readonly pooled?: TransportStats; readonly plain?: TransportStats };
  close(): Promise<void>;
}

const largestBody = 64 * 1024 * 1024;
const largestErrorBody = 64 * 1024;

export function createEndpoint(name: string, options: OpenAiProviderOptions, clock: Clock): Endpoint {
  const base = parseBase(options.baseUrl);
  const secrets = [options.apiKey ?? "", ...Object.values(options.headers ?? {})];
  const headers = {
    accept: "application/json, text/event-stream",
    "user-agent": "flyball",
    ...options.headers,
    ...(options.apiKey ? { authorization: `Bearer ${options.apiKey}` } : {}),
  };
  for (const [header, value] of Object.entries(headers)) {
    // A key read from a file brings its line end along, and the HTTP client's own error would quote it.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new ConfigurationError(
        `headers.${header}`,
        "a value with control characters",
        "a header value (no line breaks)",
      );
    }
  }
  const transports: { pooled?: Transport; plain?: Transport } = {};

  function transport(): Transport {
    const pooling = options.pooling ?? true;
    if (typeof pooling === "function" ? pooling() : pooling) {
      transports.pooled ??= createPooledTransport(base.origin, { clock, ...options.pool });
      return transports.pooled;
    }
    transports.plain ??= createPlainTransport(base.origin, { clock });
    return transports.plain;
  }

  async function read(response: HttpResponse, most: number): Promise<string> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of response.body as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > most) throw new ModelError("response_malformed", `${name} answered with more than ${most} bytes`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString("utf8");
  }

  const unreachable = (cause: unknown, when: string): ModelError =>
    new ModelError("provider_unreachable", `${name} at ${base.origin} ${when} (${errorType(cause)})`, {
      subject: name,
      cause,
      retryable: true,
    });

  return {
    async open(method, path, signal, body) {
      let response: HttpResponse;
      try {
        response = await transport().send({
          method,
          path: path.startsWith("/") ? path : `${base.path}/${path}`,
          headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
          ...(body === undefined ? {} : { body }),
          signal,
        });
      } catch (cause) {
        if (signal.aborted) throw signal.reason;
        throw unreachable(cause, "cannot be reached");
      }
      if (response.status >= 200 && response.status < 300) return response;
      // A body that breaks off says less, but the status has been said.
      const said = await read(response, largestErrorBody).catch(() => "");
      if (signal.aborted) throw signal.reason;
      throw httpError(name, response.status, response.headers, said, secrets, clock.now());
    },
    async readText(response, signal) {
      try {
        return await read(response, largestBody);
      } catch (cause) {
        if (signal.aborted) throw signal.reason;
        if (cause instanceof ModelError) throw cause;
        throw unreachable(cause, "broke off its answer");
      }
    },
    async release({ body }) {
      if (body.readableEnded || body.destroyed) return;
      // Without a listener the error that destroying an unfinished body raises would be unhandled.
      body.on("error", () => {});
      body.destroy();
    },
    stats() {
      const { pooled, plain } = transports;
      return { ...(pooled ? { pooled: pooled.stats() } : {}), ...(plain ? { plain: plain.stats() } : {}) };
    },
    async close() {
      await Promise.all([transports.pooled?.close(), transports.plain?.close()]);
    },
  };
}

function parseBase(baseUrl: string): { readonly origin: string; readonly path: string } {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new ConfigurationError("baseUrl", baseUrl, "an http or https URL");
  if (url.username || url.password) {
    throw new ConfigurationError(
      "baseUrl",
      "a URL with credentials",
      "a URL without credentials; use apiKey or headers",
    );
  }
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, "") };
}
