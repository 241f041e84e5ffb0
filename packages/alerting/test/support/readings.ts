import { type FakeClock, fakeClock } from "@flyball/core";
import { createTelemetry, type Telemetry, type TelemetryOptions, type TelemetryService } from "@flyball/telemetry";

/** What `telemetry.record` takes. */
export type RecordedOperation = Parameters<Telemetry["record"]>[0];

/** Telemetry without a store on a fake clock: real windows, recorded minute by minute. */
export interface RecordedMinutes {
  readonly clock: FakeClock;
  readonly telemetry: TelemetryService;
  /** Records operations in the running minute. */
  record(...operations: RecordedOperation[]): void;
  /** Records operations in each of so many minutes, and ends each. */
  minutes(count: number, ...operations: RecordedOperation[]): Promise<void>;
}

export function recordedMinutes(clock: FakeClock = fakeClock(), options: TelemetryOptions = {}): RecordedMinutes {
  const telemetry = createTelemetry({ clock, ...options });
  const record = (...operations: RecordedOperation[]): void => {
    for (const operation of operations) telemetry.record(operation);
  };
  return {
    clock,
    telemetry,
    record,
    async minutes(count, ...operations) {
      for (let minute = 0; minute < count; minute++) {
        record(...operations);
        await clock.advance(60_000);
      }
    },
  };
}

/** A run of a workflow. */
export function run(seconds: number, status: "ok" | "error" | "timeout" = "ok", workflow = "fir"): RecordedOperation {
  return { kind: "run", name: workflow, run: { runId: "r", workflow }, durationMs: seconds * 1000, status };
}

export function times(count: number, operation: RecordedOperation): RecordedOperation[] {
  return Array.from({ length: count }, () => operation);
}
