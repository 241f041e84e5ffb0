import { CancelledError, errorType, TimeoutError, toError } from "@flyball/core";
import { attribute, label, type Operation, type OutcomeStatus, type Telemetry } from "@flyball/telemetry";
import type { Engine } from "../types.ts";

/** Records the operations of one pool. */
export interface Operations {
  begin(name: string): Operation | undefined;
  /** Ends it by what `work` comes to. */
  measure<T>(name: string, work: () => Promise<T>, rows?: (result: T) => number): Promise<T>;
}

/** A name beyond these counts as `other`: names are for metrics, which must stay few. */
const mostNames = 200;
const namePattern = /^[\w.:-]{1,64}$/;
const firstWord = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*([a-z]+)/i;
const verbs: ReadonlySet<string> = new Set([
  "select",
  "insert",
  "update",
  "delete",
  "with",
  "merge",
  "values",
  "create",
  "alter",
  "drop",
]);

/** How operations are named: as the caller says, else by the statement's first word. */
export function operationNamer(): (sql: string, name: string | undefined) => string {
  const known = new Set<string>();
  return (sql, name) => {
    if (name === undefined) {
      const verb = firstWord.exec(sql)?.[1]?.toLowerCase() ?? "";
      return verbs.has(verb) ? verb : "other";
    }
    if (known.has(name)) return name;
    if (known.size >= mostNames || !namePattern.test(name)) return "other";
    known.add(name);
    return name;
  };
}

export function recordOperations(telemetry: Telemetry | undefined, engine: Engine, source: string): Operations {
  const labels = { [label.source]: source };
  const attributes = { [attribute.databaseSystem]: engine === "postgres" ? "postgresql" : "sqlite" };

  function begin(name: string): Operation | undefined {
    try {
      return telemetry?.start({ kind: "database", name, labels, attributes });
    } catch {
      // Telemetry promises not to throw; a query must not depend on that promise.
      return undefined;
    }
  }

  return {
    begin,
    async measure(name, work, rows) {
      const operation = begin(name);
      if (!operation) return work();
      try {
        const result = await operation.within(work);
        endOk(operation, rows?.(result));
        return result;
      } catch (thrown) {
        endFailed(operation, thrown);
        throw thrown;
      }
    },
  };
}

export function endOk(operation: Operation | undefined, rows: number | undefined): void {
  operation?.end("ok", rows === undefined ? {} : { attributes: { "db.response.returned_rows": rows } });
}

export function endFailed(operation: Operation | undefined, thrown: unknown): void {
  operation?.end(statusOf(thrown), { errorType: errorType(thrown), errorMessage: toError(thrown).message });
}

function statusOf(thrown: unknown): OutcomeStatus {
  if (thrown instanceof CancelledError) return "cancelled";
  return thrown instanceof TimeoutError ? "timeout" : "error";
}
