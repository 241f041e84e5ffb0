import { failureLog, silentLogger, systemClock, TimeoutError, withDeadline } from "@flyball/core";
import type { Span } from "@opentelemetry/api";
import { buildOutcome, type PricedOperation } from "./build-outcome.ts";
import { createContentPolicy } from "./content.ts";
import { endingOf } from "./ending.ts";
import { Listeners } from "./listeners.ts";
import { namesFor } from "./names.ts";
import type { ActiveOperation } from "./operation.ts";
import { createOperations } from "./operations.ts";
import type { Outcome, OutcomeDetails, OutcomeStatus } from "./outcome.ts";
import { createPrices } from "./prices/prices.ts";
import { Recorders } from "./recorders.ts";
import { finishSpan } from "./spans/finish-span.ts";
import type { TelemetryOptions, TelemetryService } from "./telemetry-options.ts";
import { createSampler } from "./traces/sampling.ts";
import { createTraceReader } from "./traces/trace-reader.ts";
import { createTraceStore } from "./traces/trace-store.ts";
import type { OperationStart } from "./types.ts";
import type { Cost } from "./usage.ts";
import { startWindows } from "./windows/windows.ts";

const noDetails: OutcomeDetails = Object.freeze({});

/**
 * Makes the place where operations are recorded: one outcome each, handed to windows, recorders, traces and
 * listeners. Works with and without an OpenTelemetry provider in the process, and with and without a store. The store
 * must have been opened with `telemetryMigrations`; it is flushed, never closed.
 * @throws ConfigurationError
 */
export function createTelemetry(options: TelemetryOptions = {}): TelemetryService {
  const { clock = systemClock, logger = silentLogger, store } = options;
  const failures = failureLog(logger);
  const names = namesFor(options.profile ?? "v1.41");
  const content = createContentPolicy(options.content);
  const prices = options.prices ?? createPrices();
  const recorders = new Recorders(options.recorders ?? [], failures);
  const listeners = new Listeners(failures);
  const windows = startWindows({ ...options.windows, clock, failures, store, labels: options.labels ?? [] });
  const sampler = createSampler(options.sampling);
  const traceStore =
    store &&
    createTraceStore({ clock, writer: store.writer, sampler, failures, onKept: (outcome) => recorders.kept(outcome) });
  const operations = createOperations({ clock, failures, content, tracer: options.tracer, traceStore, finish: end });
  const help = { errorMessage: content.errorMessage, cost };
  let outcomes = 0;
  let stopped = false;

  function cost({ responseModel, model, startedAt, ...use }: PricedOperation): Cost | undefined {
    const asked = responseModel ?? model;
    if (asked === undefined) return undefined;
    const price = prices.price({ ...use, model: asked, at: startedAt });
    // The provider may answer under a name that no list has.
    if (price.priced || model === undefined || model === asked) return price;
    return prices.price({ ...use, model, at: startedAt });
  }

  function begin(start: OperationStart): ActiveOperation {
    const operation = operations.begin(start);
    recorders.started(start.kind);
    return operation;
  }

  function end(
    operation: ActiveOperation,
    status: OutcomeStatus,
    details: OutcomeDetails | undefined,
    durationMs: number,
  ): void {
    recorders.ended(operation.beginning.start.kind);
    finish(operation, status, details, durationMs);
  }

  function finish(
    operation: ActiveOperation,
    status: OutcomeStatus,
    details: OutcomeDetails = noDetails,
    durationMs: number,
  ): void {
    const { span, trace, outermost } = operation.beginning;
    try {
      const outcome = buildOutcome(operation, status, details, durationMs, help);
      if (span) endSpan(span, outcome, details.model);
      if (stopped) return;
      hand(outcome);
      if (!trace) return;
      trace.add({ outcome, events: operation.events });
      if (outermost) trace.end(outcome);
    } catch (error) {
      failures.report("outcome", error);
    }
  }

  function endSpan(span: Span, outcome: Outcome, responseModel: string | undefined): void {
    try {
      finishSpan(span, outcome, names, responseModel);
    } catch (error) {
      failures.report("span", error);
    }
  }

  function hand(outcome: Outcome): void {
    outcomes++;
    try {
      windows.record(outcome);
    } catch (error) {
      failures.report("windows", error);
    }
    recorders.record(outcome);
    listeners.call(outcome);
  }

  function detailsOf<T>(result: T, details: ((result: T) => OutcomeDetails) | undefined): OutcomeDetails {
    try {
      return details?.(result) ?? noDetails;
    } catch (error) {
      failures.report("details", error);
      return noDetails;
    }
  }

  async function flush(timeoutMs: number): Promise<void> {
    windows.flush();
    await store?.writer.flush(timeoutMs);
  }

  return {
    windows: windows.reader,
    traces: store && createTraceReader(store.database),
    prices,
    start: begin,
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
    record({ durationMs, status, ...rest }) {
      finish(operations.begin(rest, durationMs), status ?? "ok", rest, durationMs);
    },
    currentRun: () => operations.current()?.run,
    current: () => operations.current(),
    subscribe: (listener) => listeners.add(listener),
    flush,
    async shutdown(timeoutMs) {
      try {
        await withDeadline(flush(timeoutMs), timeoutMs, "flushing telemetry", clock);
      } catch (error) {
        failures.report(error instanceof TimeoutError ? "shutdown" : "flush", error);
      }
      stopped = true;
      windows.stop();
    },
    stats() {
      const traces = traceStore?.counts;
      return {
        outcomes,
        series: windows.counts.series,
        tracesKept: traces?.kept ?? 0,
        dropped: {
          overflowed: windows.counts.overflowed,
          unstoredMinutes: windows.counts.unstored,
          minutes: windows.counts.dropped,
          traces: traces?.droppedTraces ?? 0,
          spans: traces?.droppedSpans ?? 0,
          writes: store?.writer.dropped ?? 0,
        },
        failedWrites: store?.writer.failed ?? 0,
        failures: Object.fromEntries(failures.counts),
      };
    },
  };
}
