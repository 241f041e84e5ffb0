import type { Operation, OperationStart, OutcomeDetails, OutcomeStatus, Telemetry } from "@flyball/telemetry";

/** What one call left behind. */
export interface Recorded extends OperationStart, OutcomeDetails {
  readonly status: OutcomeStatus;
}

/** Keeps what the client hands to telemetry, so that tests can look at the border itself. */
export function recordingTelemetry(): { readonly telemetry: Telemetry; readonly outcomes: Recorded[] } {
  const outcomes: Recorded[] = [];
  const start = (operation: OperationStart): Operation => {
    let ended = false;
    return {
      traceId: "0".repeat(32),
      spanId: "0".repeat(16),
      within: (work) => work(),
      event() {},
      end(status, details = {}) {
        if (ended) throw new Error("ended twice");
        ended = true;
        const attributes = { ...operation.attributes, ...details.attributes };
        outcomes.push({ ...operation, ...details, attributes, status });
      },
    };
  };
  return {
    outcomes,
    telemetry: {
      start,
      async trace(operation, work) {
        return work(start(operation));
      },
      record() {},
      currentRun: () => undefined,
      subscribe: () => () => {},
      async flush() {},
      async shutdown() {},
    },
  };
}
