import type { Clock, FailureLog } from "@flyball/core";
import type { DatabaseWriter, SqlValue } from "@flyball/storage";
import type { Outcome } from "../outcome.ts";
import { OpenTrace, type TraceSink, type TraceSpan } from "./open-trace.ts";
import type { KeptBecause, Sampler } from "./sampling.ts";
import { storedSpans } from "./stored-span.ts";

/** Most spans kept of one trace in one process. */
const maxSpans = 2_000;
/** Most traces open at once, and most spans collected in them; the oldest trace gives way. */
const maxOpen = 2_000;
const maxCollected = 50_000;

const writeTrace = `INSERT INTO telemetry_traces
  (trace_id, root_span_id, run_id, kind, name, status, started_at, duration_ms, cost_usd, kept_because, span_count,
   dropped_spans, spans)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (trace_id, root_span_id) DO NOTHING`;

const writeRun = "INSERT OR IGNORE INTO telemetry_trace_runs (run_id, trace_id, started_at) VALUES (?, ?, ?)";

/** Collects traces, and writes those that are worth keeping through the store's writer thread. */
export interface TraceStore {
  /** A trace for a new outermost operation. `continued`: it began in another process. */
  open(continued: boolean): OpenTrace;
  readonly counts: TraceCounts;
}

interface TraceCounts {
  readonly kept: number;
  readonly droppedSpans: number;
  /** Traces given up because too many were open, were kept in a minute, or did not fit the writer's queue. */
  readonly droppedTraces: number;
}

export interface TraceStoreSetup {
  readonly clock: Clock;
  readonly writer: DatabaseWriter;
  readonly sampler: Sampler;
  readonly failures: FailureLog;
  /** Told of every outcome of a trace that is kept: exemplars may point to it. */
  readonly onKept: (outcome: Outcome) => void;
}

export function createTraceStore({ clock, writer, sampler, failures, onKept }: TraceStoreSetup): TraceStore {
  const openTraces = new Set<OpenTrace>();
  let collected = 0;
  let kept = 0;
  let droppedSpans = 0;
  let droppedTraces = 0;

  function keep(root: Outcome, spans: readonly TraceSpan[], because: KeptBecause, missing: number): void {
    try {
      const runs = runsOf(spans);
      const outermost = root.run?.runId ?? [...runs.keys()].at(-1);
      if (!writer.write(writeTrace, rowOf(root, outermost, spans, because, missing))) droppedTraces++;
      for (const [runId, startedAt] of runs) writer.write(writeRun, [runId, root.traceId, Math.floor(startedAt)]);
    } catch (error) {
      // An attribute that JSON does not know, for example.
      droppedTraces++;
      failures.report("trace", error);
    }
    for (const { outcome } of spans) onKept(outcome);
  }

  const sink: TraceSink = {
    ended(trace, root) {
      openTraces.delete(trace);
      const because = sampler.decide(root, trace.failed, trace.continued, clock.now());
      if (because === undefined) return false;
      kept++;
      keep(root, trace.spans, because, trace.droppedSpans);
      return true;
    },
    late: (span) => keep(span.outcome, [span], "continued", 0),
    dropped: () => void droppedSpans++,
    collected(spans) {
      collected += spans;
      if (collected > maxCollected) abandonOldest();
    },
  };

  function abandonOldest(): void {
    const [oldest] = openTraces;
    if (!oldest) return;
    openTraces.delete(oldest);
    droppedTraces++;
    oldest.abandon();
  }

  return {
    open(continued) {
      if (openTraces.size >= maxOpen) abandonOldest();
      const trace = new OpenTrace(sink, maxSpans, continued);
      openTraces.add(trace);
      return trace;
    },
    get counts() {
      return { kept, droppedSpans, droppedTraces: droppedTraces + sampler.refused };
    },
  };
}

/** Every run that a trace holds with a moment of it; the outermost is the last one. */
function runsOf(spans: readonly TraceSpan[]): Map<string, number> {
  const runs = new Map<string, number>();
  for (const { outcome } of spans) {
    if (!outcome.run) continue;
    runs.delete(outcome.run.runId);
    runs.set(outcome.run.runId, outcome.startedAt);
  }
  return runs;
}

function rowOf(
  root: Outcome,
  runId: string | undefined,
  spans: readonly TraceSpan[],
  because: KeptBecause,
  missing: number,
): SqlValue[] {
  let cost: number | null = null;
  for (const { outcome } of spans) if (outcome.cost?.priced) cost = (cost ?? 0) + outcome.cost.usd;
  return [
    root.traceId,
    root.spanId,
    runId ?? null,
    root.kind,
    root.name,
    root.status,
    Math.floor(root.startedAt),
    root.durationMs,
    cost,
    because,
    spans.length,
    missing,
    storedSpans(spans),
  ];
}
