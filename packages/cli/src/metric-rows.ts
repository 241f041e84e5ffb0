import type { OperationKind, SeriesKey, WindowQuery, WindowReader } from "@flyball/telemetry";

/** One row of `flyball metrics`. */
export interface MetricRow {
  readonly name: string;
  readonly kind?: OperationKind;
  readonly count: number;
  /** Failed or timed out. */
  readonly errors: number;
  /** Undefined when nothing ran to an end. */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly usd: number;
  /** Calls whose price is not known; they are not in `usd`. */
  readonly unpriced: number;
  readonly avoidedUsd: number;
}

const kinds: readonly OperationKind[] = [
  ...(["run", "node", "model", "embedding", "retrieval", "tool", "cache", "database", "http", "evaluation"] as const),
];

/**
 * A row for each operation, priority or model of the last minutes. Each row is one window of its own, so that its
 * quantiles are those of everything in it and not an average of its series'.
 */
export function metricRows(
  windows: WindowReader,
  by: "operation" | "priority" | "model",
  lastMinutes: number,
): MetricRow[] {
  const series = windows.series({ lastMinutes });
  if (by === "operation") {
    const operations = new Map(series.map((one) => [titleOf(one), one]));
    return [...operations]
      .map(([title, { kind, name, labels }]) => ({
        ...readRow(windows, title, { kind, name, ...routeOf(kind, labels), lastMinutes }),
        kind,
      }))
      .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (b.p95Ms ?? 0) - (a.p95Ms ?? 0));
  }
  const values = new Set(series.map(({ labels }) => labels[by]).filter((value) => value !== undefined));
  return [...values].sort().map((value) => {
    const labels = { [by]: value };
    const all = readRow(windows, value, { labels, lastMinutes });
    if (by === "model") return all;
    // A priority's speed is that of its runs; what it spent is spent by the calls inside them.
    const { count, errors, p50Ms, p95Ms, p99Ms } = readRow(windows, value, { kind: "run", labels, lastMinutes });
    return { ...all, count, errors, p50Ms, p95Ms, p99Ms };
  });
}

function titleOf({ kind, name, labels }: SeriesKey): string {
  if (kind === "run" || kind === "node") return name;
  const { route } = labels;
  // Some frameworks know the route only at the end, when the operation has its name already.
  return route === undefined || name.endsWith(route) ? `${kind} ${name}` : `${kind} ${name} ${route}`;
}

function routeOf(kind: OperationKind, { route }: SeriesKey["labels"]): Pick<WindowQuery, "labels"> {
  return kind === "http" && route !== undefined ? { labels: { route } } : {};
}

function readRow(windows: WindowReader, name: string, query: WindowQuery): MetricRow {
  const { count, errors, duration, tokens, cost, avoided } = windows.read(query);
  return {
    name,
    count,
    errors,
    p50Ms: duration.p50,
    p95Ms: duration.p95,
    p99Ms: duration.p99,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    usd: cost.usd,
    unpriced: cost.unpriced,
    avoidedUsd: avoided.usd,
  };
}
