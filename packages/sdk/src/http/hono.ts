import type { ServerResponse } from "node:http";
import type { Telemetry } from "@flyball/telemetry";
import { beginRequest, endWithResponse } from "./request.ts";

/** What is needed of hono's context; written out so that any version of hono fits, and none is loaded. */
export interface HonoContext {
  readonly req: {
    readonly method: string;
    readonly matchedRoutes: readonly { readonly path: string }[];
    header(name: string): string | undefined;
  };
  readonly res: { readonly status: number };
  readonly env?: unknown;
}

export type HonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<void>;

/**
 * Counts and times every request: `app.use(flyball.middleware.hono)`. On Node the operation ends when the answer has
 * left, streamed ones whole; on other servers when the handler has answered.
 */
export function honoMiddleware(telemetry: Telemetry): HonoMiddleware {
  return async (context, next) => {
    // The last match is the handler; what stands before it is middleware, this one included.
    const route = context.req.matchedRoutes.at(-1)?.path;
    const operation = beginRequest(telemetry, {
      method: context.req.method,
      traceparent: context.req.header("traceparent"),
      route,
    });
    const outgoing = (context.env as { outgoing?: ServerResponse } | undefined)?.outgoing;
    if (typeof outgoing?.once === "function") {
      endWithResponse(operation, outgoing, () => route);
      return operation.within(next);
    }
    try {
      await operation.within(next);
      operation.end({ status: context.res.status, route, aborted: false });
    } catch (error) {
      operation.end({ status: 500, route, aborted: false });
      throw error;
    }
  };
}
