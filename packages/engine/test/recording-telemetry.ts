import { AsyncLocalStorage } from "node:async_hooks";
import type { Operation, OperationStart, OutcomeDetails, OutcomeStatus, Telemetry } from "@flyball/telemetry";

/** What was recorded of one operation. */
export interface Recorded extends OperationStart {
  readonly id: string;
  readonly traceId: string;
  /** The operation that surrounded its start. */
  readonly under: string | undefined;
  status?: OutcomeStatus;
  details?: OutcomeDetails | undefined;
  ends: number;
  readonly events: string[];
}

/** A telemetry that remembers, with the parents that asynchronous context gives. */
export function recordingTelemetry(): Pick<Telemetry, "start"> & { readonly operations: Recorded[] } {
  const operations: Recorded[] = [];
  const surrounding = new AsyncLocalStorage<Recorded>();
  const start = (operation: OperationStart): Operation => {
    const parent = surrounding.getStore();
    const id = `span-${operations.length}`;
    const traceId = operation.parent?.traceId ?? parent?.traceId ?? `trace-${operations.length}`;
    const recorded: Recorded = { ...operation, id, traceId, under: parent?.id, ends: 0, events: [] };
    operations.push(recorded);
    return {
      traceId,
      spanId: id,
      within: (work) => surrounding.run(recorded, work),
      event: (name) => void recorded.events.push(name),
      content() {},
      end(status, details) {
        recorded.ends++;
        recorded.status ??= status;
        recorded.details ??= details;
      },
    };
  };
  return { operations, start };
}
