import type { Operation, Telemetry } from "@flyball/telemetry";

const operation: Operation = {
  traceId: "",
  spanId: "",
  within: (work) => work(),
  event() {},
  content() {},
  end() {},
};

/** Records nothing, for `telemetry.enabled: false`: pipelines run as they are. */
export const silentTelemetry: Telemetry = {
  start: () => operation,
  trace: (_start, work) => work(operation),
  record() {},
  currentRun: () => undefined,
  current: () => undefined,
  subscribe: () => () => {},
  flush: async () => {},
  shutdown: async () => {},
};
