import type { IncomingMessage, ServerResponse } from "node:http";
import type { Telemetry } from "@flyball/telemetry";
import { beginRequest, endWithResponse } from "./request.ts";

/** Middleware as Connect, Express, Polka and Restify call it. */
export type ConnectMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** What Express adds to a request once its router has matched. */
interface RoutedRequest extends IncomingMessage {
  readonly baseUrl?: string;
  readonly route?: { readonly path?: unknown };
}

/** Counts and times every request that passes; put it before the routes. */
export function connectMiddleware(telemetry: Telemetry): ConnectMiddleware {
  return (request: RoutedRequest, response, next) => {
    const operation = beginRequest(telemetry, {
      method: request.method ?? "",
      traceparent: request.headers.traceparent as string | undefined,
      route: undefined,
    });
    endWithResponse(operation, response, () => routeOf(request));
    operation.within(next);
  };
}

function routeOf(request: RoutedRequest): string | undefined {
  const path = request.route?.path;
  return typeof path === "string" ? `${request.baseUrl ?? ""}${path}` : undefined;
}
