import type { ServerResponse } from "node:http";
import type { Operation, OperationStart, Telemetry } from "@flyball/telemetry";
import { trace } from "@opentelemetry/api";

/** What every adapter knows when a request arrives. */
export interface ArrivedRequest {
  readonly method: string;
  readonly traceparent: string | undefined;
  /** The pattern that the router matched, `/users/:id`; undefined when it is known only at the end. */
  readonly route: string | undefined;
}

/** How a request ended. */
interface AnsweredRequest {
  readonly status: number;
  readonly route: string | undefined;
  /** The client went away before the answer was whole. */
  readonly aborted: boolean;
}

/** A request under way. */
export interface RequestOperation {
  within<T>(work: () => T): T;
  end(answer: AnsweredRequest): void;
}

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY"]);

/**
 * Begins the operation of one request. Its name is method and route pattern, never the path: paths carry ids and
 * would make a series each.
 */
export function beginRequest(telemetry: Telemetry, request: ArrivedRequest): RequestOperation {
  const method = methods.has(request.method) ? request.method : "_OTHER";
  const operation = telemetry.start({
    kind: "http",
    name: nameOf(method, request.route),
    ...parentOf(request.traceparent),
  });
  return {
    within: (work) => operation.within(work),
    end: ({ status, route = request.route, aborted }) => endRequest(operation, method, status, route, aborted),
  };
}

function endRequest(
  operation: Operation,
  method: string,
  status: number,
  route: string | undefined,
  aborted: boolean,
): void {
  const labels = { method, route: route ?? "unmatched", status_code: String(status) };
  if (aborted) operation.end("cancelled", { labels });
  else if (status >= 500) operation.end("error", { labels, errorType: String(status) });
  else operation.end("ok", { labels });
}

/** Ends the operation when the answer has left, or when the client has gone; a streamed answer counts whole. */
export function endWithResponse(
  operation: RequestOperation,
  response: ServerResponse,
  route: () => string | undefined,
): void {
  response.once("close", () => {
    operation.end({ status: response.statusCode, route: route(), aborted: !response.writableFinished });
  });
}

function nameOf(method: string, route: string | undefined): string {
  return route === undefined ? method : `${method} ${route}`;
}

const traceparentPattern = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}/;

/** The caller's span by W3C trace context. A host whose own instrumentation has a span active knows better. */
function parentOf(traceparent: string | undefined): Pick<OperationStart, "parent"> {
  if (traceparent === undefined || trace.getActiveSpan()) return {};
  const [, traceId, spanId] = traceparentPattern.exec(traceparent) ?? [];
  if (!traceId || !spanId || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return {};
  return { parent: { traceId, spanId } };
}
