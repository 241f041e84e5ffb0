import type { Database, SqlValue } from "@flyball/storage";
import { QueryError } from "../errors.ts";
import type { OperationKind, OutcomeStatus } from "../outcome.ts";
import type { KeptBecause } from "./sampling.ts";
import { readSpans, type StoredSpan } from "./stored-span.ts";

/** A kept trace, without its spans. A run that was suspended and resumed has one for each part. */
export interface TraceSummary {
  readonly traceId: string;
  readonly rootSpanId: string;
  /** The outermost run; undefined when there is none. */
  readonly runId: string | undefined;
  readonly kind: OperationKind;
  /** Of the outermost operation: the workflow, for a run. */
  readonly name: string;
  readonly status: OutcomeStatus;
  readonly startedAt: number;
  readonly durationMs: number;
  /** US dollars of all spans whose price is known; undefined when none has one. */
  readonly costUsd: number | undefined;
  readonly keptBecause: KeptBecause;
  readonly spans: number;
  /** Spans beyond the limit, which are missing. */
  readonly droppedSpans: number;
}

/** A trace with all its parts. */
export interface StoredTrace {
  readonly traceId: string;
  readonly runId: string | undefined;
  /** Oldest first. */
  readonly parts: readonly TraceSummary[];
  /** Of all parts, by their start; what surrounds others comes before them. */
  readonly spans: readonly StoredSpan[];
}

export interface TraceQuery {
  /** `latest` by default; `slowest` and `failed` look at the same stretch of time. */
  readonly order?: "latest" | "slowest" | "failed";
  readonly kind?: OperationKind;
  readonly name?: string;
  /** Milliseconds since the epoch; default: all that is kept. */
  readonly from?: number;
  /** Default 20, at most 1,000. */
  readonly limit?: number;
}

/** Reads kept traces, of this process and of others that write the same store. */
export interface TraceReader {
  /** By trace id or by run id, whole or its beginning (4 characters or more); the latest that fits. */
  find(id: string): StoredTrace | undefined;
  list(query?: TraceQuery): TraceSummary[];
}

const columns = `trace_id, root_span_id, run_id, kind, name, status, started_at, duration_ms, cost_usd, kept_because,
  span_count, dropped_spans`;
const byId = `SELECT trace_id FROM (
    SELECT trace_id, started_at FROM telemetry_traces WHERE trace_id >= ?1 AND trace_id < ?2
    UNION ALL
    SELECT trace_id, started_at FROM telemetry_trace_runs WHERE run_id >= ?1 AND run_id < ?2
  ) ORDER BY started_at DESC LIMIT 1`;
const parts = `SELECT ${columns}, spans FROM telemetry_traces WHERE trace_id = ? ORDER BY started_at`;

export function createTraceReader(database: Database): TraceReader {
  return {
    find(id) {
      if (id.length < 1 || id.length > 256) throw new QueryError("trace", id, "a trace or run id, or its beginning");
      // The first text after all that begin with it; after a short one only it itself comes.
      const after = id.length < 4 ? `${id}\u0001` : `${id}\u{10ffff}`;
      const found = database.get<{ trace_id: string }>(byId, id, after);
      if (!found) return undefined;
      const rows = database.all<TraceRow & { spans: string }>(parts, found.trace_id);
      const summaries = rows.map(toSummary);
      return {
        traceId: found.trace_id,
        runId: summaries.find(({ runId }) => runId !== undefined)?.runId,
        parts: summaries,
        spans: inOrder(rows.flatMap((row) => readSpans(row.spans))),
      };
    },
    list(query = {}) {
      const { sql, values } = listStatement(query);
      return database.all<TraceRow>(sql, ...values).map(toSummary);
    },
  };
}

function inOrder(spans: readonly StoredSpan[]): StoredSpan[] {
  const parents = new Map(spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]));
  const depthOf = (span: StoredSpan): number => {
    let depth = 0;
    let above = span.parentSpanId;
    // Bounded, as a damaged trace may run in a circle.
    for (; above !== undefined && depth < spans.length; above = parents.get(above)) depth++;
    return depth;
  };
  const placed = spans.map((span) => ({ span, depth: depthOf(span) }));
  placed.sort((a, b) => a.span.startedAt - b.span.startedAt || a.depth - b.depth);
  return placed.map(({ span }) => span);
}

function listStatement({ order = "latest", kind, name, from = 0, limit = 20 }: TraceQuery) {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
    throw new QueryError("traces.limit", limit, "an integer from 1 to 1,000");
  }
  const conditions = ["started_at >= ?"];
  const values: SqlValue[] = [from];
  if (kind !== undefined) {
    conditions.push("kind = ?");
    values.push(kind);
  }
  if (name !== undefined) {
    conditions.push("name = ?");
    values.push(name);
  }
  if (order === "failed") conditions.push("kept_because = 'error'");
  const by = order === "slowest" ? "duration_ms" : "started_at";
  const sql = `SELECT ${columns} FROM telemetry_traces WHERE ${conditions.join(" AND ")} ORDER BY ${by} DESC LIMIT ?`;
  return { sql, values: [...values, limit] };
}

interface TraceRow {
  readonly trace_id: string;
  readonly root_span_id: string;
  readonly run_id: string | null;
  readonly kind: OperationKind;
  readonly name: string;
  readonly status: OutcomeStatus;
  readonly started_at: number;
  readonly duration_ms: number;
  readonly cost_usd: number | null;
  readonly kept_because: KeptBecause;
  readonly span_count: number;
  readonly dropped_spans: number;
}

function toSummary(row: TraceRow): TraceSummary {
  return {
    traceId: row.trace_id,
    rootSpanId: row.root_span_id,
    runId: row.run_id ?? undefined,
    kind: row.kind,
    name: row.name,
    status: row.status,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    costUsd: row.cost_usd ?? undefined,
    keptBecause: row.kept_because,
    spans: row.span_count,
    droppedSpans: row.dropped_spans,
  };
}
