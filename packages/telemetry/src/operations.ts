import { AsyncLocalStorage } from "node:async_hooks";
import { type Clock, type FailureLog, newSpanId, newTraceId } from "@flyball/core";
import type { Tracer } from "@opentelemetry/api";
import type { ContentPolicy } from "./content.ts";
import { spanName } from "./names.ts";
import { ActiveOperation, type OperationHome } from "./operation.ts";
import type { OutcomeDetails, OutcomeStatus } from "./outcome.ts";
import { type HostSpan, HostTracer } from "./spans/host-tracer.ts";
import { spanKind } from "./spans/span-kind.ts";
import type { TraceStore } from "./traces/trace-store.ts";
import type { OperationStart } from "./types.ts";

export interface OperationsSetup {
  readonly clock: Clock;
  readonly failures: FailureLog;
  readonly content: ContentPolicy;
  readonly tracer: Tracer | undefined;
  readonly traceStore: TraceStore | undefined;
  readonly finish: (
    operation: ActiveOperation,
    status: OutcomeStatus,
    details: OutcomeDetails | undefined,
    durationMs: number,
  ) => void;
}

/** Begins operations: who surrounds them, their ids, their span, the trace that collects them. */
export interface Operations {
  /** `backdateMs`: the operation has happened already and took so long. */
  begin(start: OperationStart, backdateMs?: number): ActiveOperation;
  current(): ActiveOperation | undefined;
}

export function createOperations(setup: OperationsSetup): Operations {
  const { clock, content, failures, traceStore } = setup;
  const host = new HostTracer(setup.tracer);
  const surrounding = new AsyncLocalStorage<ActiveOperation>();
  const home: OperationHome = {
    surrounding,
    monotonic: () => clock.monotonic(),
    render: content.capture ? content.render : undefined,
    failed: (cause, error) => failures.report(cause, error),
    finish: (operation, status, details) =>
      setup.finish(operation, status, details, clock.monotonic() - operation.beginning.began),
  };

  function startSpan(
    start: OperationStart,
    parent: ActiveOperation | undefined,
    began: number,
    startedAt: number,
  ): HostSpan | undefined {
    try {
      return host.start(began, () => ({
        name: spanName(start.kind, start.model ?? start.name, start.labels?.operation),
        kind: spanKind[start.kind],
        startedAt,
        surrounding: parent?.beginning.context,
        continued: start.parent,
      }));
    } catch (error) {
      failures.report("span", error);
      return undefined;
    }
  }

  return {
    current: () => surrounding.getStore(),
    begin(start, backdateMs = 0) {
      const parent = surrounding.getStore();
      const began = clock.monotonic() - backdateMs;
      // Inside an operation wall time follows its monotonic clock, so that a clock set back cannot reorder a trace.
      const startedAt = parent
        ? parent.beginning.startedAt + (began - parent.beginning.began)
        : clock.now() - backdateMs;
      const spanOfHost = startSpan(start, parent, began, startedAt);
      const ids = spanOfHost?.ids;
      const around = spanOfHost?.parentIds;
      // What another process began is a part of its own here.
      const collecting = start.parent ? undefined : parent?.beginning.trace;
      const trace = collecting ?? traceStore?.open(start.parent !== undefined);
      return new ActiveOperation(home, {
        start,
        parent,
        traceId: ids?.traceId ?? start.parent?.traceId ?? parent?.traceId ?? around?.traceId ?? newTraceId(),
        spanId: ids?.spanId ?? newSpanId(),
        parentSpanId: start.parent?.spanId ?? parent?.spanId ?? around?.spanId,
        span: spanOfHost?.span,
        context: spanOfHost?.context,
        began,
        startedAt,
        trace,
        outermost: trace !== collecting,
      });
    },
  };
}
