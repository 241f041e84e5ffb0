import { AsyncLocalStorage } from "node:async_hooks";
import { type Clock, failureLog, type Logger, newSpanId, newTraceId, silentLogger, systemClock } from "@flyball/core";
import type { Tracer } from "@opentelemetry/api";
import { buildOutcome } from "./build-outcome.ts";
import { type ContentOptions, createContentPolicy } from "./content.ts";
import { endingOf } from "./ending.ts";
import { Listeners } from "./listeners.ts";
import { namesFor, type Profile, spanName } from "./names.ts";
import { ActiveOperation, type OperationHome } from "./operation.ts";
import type { Outcome, OutcomeDetails, OutcomeStatus } from "./outcome.ts";
import { finishSpan } from "./spans/finish-span.ts";
import { HostTracer } from "./spans/host-tracer.ts";
import { spanKind } from "./spans/span-kind.ts";
import type { Operation, OperationStart, Telemetry } from "./types.ts";

/** Something outcomes are handed to, for example OpenTelemetry metrics. It may throw; nobody but it suffers. */
export interface OutcomeRecorder {
  record(outcome: Outcome): void;
}

export interface TelemetryOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Which GenAI conventions spans and metrics follow. Default `v1.41`. */
  readonly profile?: Profile;
  /** Prompt and answer capture; off by default. */
  readonly content?: ContentOptions;
  /** Where spans are started. Default: the process's OpenTelemetry provider, whenever there is one. */
  readonly tracer?: Tracer;
  readonly recorders?: readonly OutcomeRecorder[];
}

const noDetails: OutcomeDetails = Object.freeze({});

/** Makes the place where operations are recorded. Works with and without an OpenTelemetry provider and a store. */
export function createTelemetry(options: TelemetryOptions = {}): Telemetry {
  const clock = options.clock ?? systemClock;
  const failures = failureLog(options.logger ?? silentLogger);
  const names = namesFor(options.profile ?? "v1.41");
  const content = createContentPolicy(options.content);
  const host = new HostTracer(options.tracer);
  const listeners = new Listeners(failures);
  const recorders = options.recorders ?? [];
  const surrounding = new AsyncLocalStorage<ActiveOperation>();
  const help = { errorMessage: content.errorMessage, cost: () => undefined };

  const home: OperationHome = {
    surrounding,
    monotonic: () => clock.monotonic(),
    render: content.capture ? content.render : undefined,
    failed: (cause, error) => failures.report(cause, error),
    finish(operation, status, details = noDetails) {
      const { beginning } = operation;
      finishAs(operation, status, details, clock.monotonic() - beginning.began);
    },
  };

  function finishAs(
    operation: ActiveOperation,
    status: OutcomeStatus,
    details: OutcomeDetails,
    durationMs: number,
  ): void {
    try {
      const outcome = buildOutcome(operation, status, details, durationMs, help);
      if (operation.beginning.span) endSpan(operation, outcome, details.model);
      hand(outcome);
    } catch (error) {
      failures.report("outcome", error);
    }
  }

  function endSpan(operation: ActiveOperation, outcome: Outcome, responseModel: string | undefined): void {
    try {
      if (operation.beginning.span) finishSpan(operation.beginning.span, outcome, names, responseModel);
    } catch (error) {
      failures.report("span", error);
    }
  }

  function hand(outcome: Outcome): void {
    for (let i = 0; i < recorders.length; i++) {
      try {
        (recorders[i] as OutcomeRecorder).record(outcome);
      } catch (error) {
        failures.report("recorder", error);
      }
    }
    listeners.call(outcome);
  }

  function begin(start: OperationStart, backdateMs = 0): ActiveOperation {
    const parent = surrounding.getStore();
    const began = clock.monotonic() - backdateMs;
    // Inside an operation wall time follows its monotonic clock, so that a clock set back cannot reorder a trace.
    const startedAt = parent ? parent.beginning.startedAt + (began - parent.beginning.began) : clock.now() - backdateMs;
    const spanHost = startSpan(start, parent, began, startedAt);
    const ids = spanHost?.ids;
    const hostParent = spanHost?.parentIds;
    return new ActiveOperation(home, {
      start,
      parent,
      traceId: ids?.traceId ?? start.parent?.traceId ?? parent?.traceId ?? hostParent?.traceId ?? newTraceId(),
      spanId: ids?.spanId ?? newSpanId(),
      parentSpanId: start.parent?.spanId ?? parent?.spanId ?? hostParent?.spanId,
      span: spanHost?.span,
      context: spanHost?.context,
      began,
      startedAt,
      trace: undefined,
    });
  }

  function startSpan(start: OperationStart, parent: ActiveOperation | undefined, began: number, startedAt: number) {
    try {
      return host.start({
        name: spanName(start.kind, start.model ?? start.name, start.labels?.operation),
        kind: spanKind[start.kind],
        atMs: began,
        startedAt,
        surrounding: parent?.beginning.context,
        continued: start.parent,
      });
    } catch (error) {
      failures.report("span", error);
      return undefined;
    }
  }

  function detailsOf<T>(result: T, details: ((result: T) => OutcomeDetails) | undefined): OutcomeDetails {
    try {
      return details?.(result) ?? noDetails;
    } catch (error) {
      failures.report("details", error);
      return noDetails;
    }
  }

  return {
    start: (start): Operation => begin(start),
    async trace(start, work, details) {
      const operation = begin(start);
      try {
        const result = await operation.within(() => work(operation));
        operation.end("ok", detailsOf(result, details));
        return result;
      } catch (thrown) {
        const ending = endingOf(thrown);
        operation.end(ending.status, ending.details);
        throw thrown;
      }
    },
    record(outcome) {
      const { durationMs, status, ...rest } = outcome;
      const operation = begin(rest, durationMs);
      finishAs(operation, status ?? "ok", rest, durationMs);
    },
    currentRun: () => surrounding.getStore()?.run,
    current: () => surrounding.getStore(),
    subscribe: (listener) => listeners.add(listener),
    flush: async () => {},
    shutdown: async () => {},
  };
}
