import { label } from "./names.ts";
import type { Avoided, OutcomeDetails, OutcomeStatus } from "./outcome.ts";
import type { OperationStart } from "./types.ts";
import type { Usage } from "./usage.ts";

/** What `telemetry.record` takes: an operation that has happened already. */
export type RecordedOperation = OperationStart &
  OutcomeDetails & { readonly durationMs: number; readonly status?: OutcomeStatus };

interface Happened {
  readonly durationMs: number;
  /** Default `ok`. */
  readonly status?: OutcomeStatus;
  readonly errorType?: string;
}

/** An HTTP request that was served; 5xx is an error unless a status is given. `route` is a pattern, not a path. */
export function httpRequest(
  request: Happened & { readonly method: string; readonly route: string; readonly statusCode: number },
): RecordedOperation {
  const { method, route, statusCode, ...happened } = request;
  return {
    kind: "http",
    name: `${method} ${route}`,
    labels: { [label.method]: method, [label.route]: route, [label.statusCode]: String(statusCode) },
    status: statusCode >= 500 ? "error" : "ok",
    ...(statusCode >= 500 ? { errorType: String(statusCode) } : {}),
    ...happened,
  };
}

/** A node of a pipeline. */
export function pipelineNode(
  node: Happened & { readonly name: string; readonly iteration?: number },
): RecordedOperation {
  return { kind: "node", ...node };
}

/** A database operation; `operation` is one of few words, such as `read_company`, never a statement. */
export function databaseOperation(database: Happened & { readonly operation: string }): RecordedOperation {
  const { operation, ...happened } = database;
  return { kind: "database", name: operation, ...happened };
}

/** A call of a model; what carries usage is priced. */
export function modelCall(
  call: Happened & { readonly model: string; readonly provider: string; readonly usage?: Usage },
): RecordedOperation {
  return { kind: "model", name: call.model, ...call };
}

/** A look-up in a cache, with what a hit saved. */
export function cacheLookup(
  lookup: Happened & {
    readonly cache: string;
    readonly level: string;
    readonly result: "hit" | "miss" | "stale" | "bypass";
    readonly avoided?: Avoided;
  },
): RecordedOperation {
  const { cache, level, result, ...happened } = lookup;
  return { kind: "cache", name: cache, labels: { [label.level]: level, [label.result]: result }, ...happened };
}
