import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CancelledError } from "@flyball/core";
import { type ErrorAnswer, errorAnswer } from "../server/errors.ts";
import type { Exchange } from "./exchange.ts";

/** Binds to loopback and resolves with the port. */
export function listenOnLoopback(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/**
 * An exchange on a real socket, with `marks` among the headers of every answer. Faults need the socket itself, to cut
 * it or to leave it silent: node's own server gives it, frameworks hide it.
 */
export function socketExchange(response: ServerResponse, marks: Readonly<Record<string, string>>): Exchange {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort(new CancelledError("an emulated answer", "the caller went away"));
  });
  // A caller that leaves in the middle of a write is the caller's business.
  response.on("error", () => {});
  return {
    signal: gone.signal,
    start: (status, headers) => void response.writeHead(status, { ...marks, ...headers }),
    write: (text) => void response.write(text),
    end: (text) => void response.end(text),
    cut() {
      const { socket } = response;
      if (!response.headersSent) socket?.resetAndDestroy();
      // What was written before must leave first: half a stream is not the same fault as none.
      else setImmediate(() => socket?.destroy());
    },
  };
}

const largestBody = 16 * 1024 * 1024;

/** Reads a JSON body, or says how to refuse it. */
export async function readJson(request: IncomingMessage): Promise<{ readonly body: unknown } | ErrorAnswer> {
  const parts: Buffer[] = [];
  let size = 0;
  // Left undestroyed on the early return: the socket is needed to say why.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > largestBody) return errorAnswer(413, "The body is larger than 16 MiB.", "body_too_large");
    parts.push(part);
  }
  try {
    return { body: JSON.parse(Buffer.concat(parts).toString("utf8")) };
  } catch {
    return errorAnswer(400, "The body is not JSON.", "invalid_json");
  }
}

/** Whether a request comes from this machine and bears the token. */
export function isAdmin(request: IncomingMessage, token: string): boolean {
  const fromLoopback = /^(?:::ffff:)?127\.|^::1$/.test(request.socket.remoteAddress ?? "");
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return fromLoopback && given.length === wanted.length && timingSafeEqual(given, wanted);
}
