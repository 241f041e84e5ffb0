import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Telemetry } from "@flyball/telemetry";
import { beginRequest, endWithResponse } from "./request.ts";

export interface NodeRequestOptions {
  /** The route of a request as a pattern from a small set, never the path itself. Default: none, all count as one. */
  readonly route?: (request: IncomingMessage) => string | undefined;
}

/** Wraps a plain `node:http` listener so that every request is counted and timed. */
export function nodeListener(
  telemetry: Telemetry,
  listener: RequestListener,
  options: NodeRequestOptions = {},
): RequestListener {
  return (request: IncomingMessage, response: ServerResponse & { req: IncomingMessage }) => {
    const route = options.route?.(request);
    const operation = beginRequest(telemetry, {
      method: request.method ?? "",
      traceparent: request.headers.traceparent as string | undefined,
      route,
    });
    endWithResponse(operation, response, () => route);
    operation.within(() => listener(request, response));
  };
}
