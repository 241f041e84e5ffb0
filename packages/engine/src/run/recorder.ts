import type { FailureLog } from "@flyball/core";
import type { Operation, OperationStart, OutcomeDetails, OutcomeStatus, Telemetry } from "@flyball/telemetry";

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** One operation's recording, which never throws and never keeps the work from running. */
export interface Recording {
  /** Empty when nothing is recorded. */
  readonly traceId: string;
  readonly spanId: string;
  /** Runs `work`, which must not throw, with the operation as parent of what begins inside. */
  within<T>(work: () => T): T;
  event(name: string, attributes: Attributes): void;
  end(status: OutcomeStatus, details?: OutcomeDetails): void;
}

/** Where the engine records what it runs. */
export type Recorder = (start: OperationStart) => Recording;

const silent: Recording = { traceId: "", spanId: "", within: (work) => work(), event() {}, end() {} };

/** Records through `telemetry`. It promises not to throw; the engine does not depend on that promise. */
export function createRecorder(telemetry: Pick<Telemetry, "start"> | undefined, failures: FailureLog): Recorder {
  if (!telemetry) return () => silent;
  return (start) => {
    try {
      return new SafeRecording(telemetry.start(start), failures);
    } catch (error) {
      failures.report("telemetry.start", error);
      return silent;
    }
  };
}

class SafeRecording implements Recording {
  readonly traceId: string;
  readonly spanId: string;
  readonly #operation: Operation;
  readonly #failures: FailureLog;

  constructor(operation: Operation, failures: FailureLog) {
    this.#operation = operation;
    this.#failures = failures;
    this.traceId = operation.traceId;
    this.spanId = operation.spanId;
  }

  within<T>(work: () => T): T {
    let result: { readonly value: T } | undefined;
    try {
      this.#operation.within(() => {
        result ??= { value: work() };
      });
    } catch (error) {
      this.#failures.report("telemetry.within", error);
    }
    return result ? result.value : work();
  }

  event(name: string, attributes: Attributes): void {
    try {
      this.#operation.event(name, attributes);
    } catch (error) {
      this.#failures.report("telemetry.event", error);
    }
  }

  end(status: OutcomeStatus, details?: OutcomeDetails): void {
    try {
      this.#operation.end(status, details);
    } catch (error) {
      this.#failures.report("telemetry.end", error);
    }
  }
}
