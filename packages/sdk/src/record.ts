import type { Avoided, OutcomeStatus, QualityScore, StreamTiming, Telemetry, Usage } from "@flyball/telemetry";

/** What every record by hand may say. */
export interface Recorded {
  readonly durationMs: number;
  /** Default `ok`; `error` when `errorType` is given. */
  readonly status?: OutcomeStatus;
  /** A bounded name of what went wrong, for example `timeout` or `ECONNREFUSED`. */
  readonly errorType?: string;
  /** Values from a small set: they become metric labels. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface RecordedRequest extends Recorded {
  readonly method: string;
  /** The route's pattern, `/users/:id`, never the path. */
  readonly route: string;
  readonly statusCode: number;
}

export interface RecordedNode extends Recorded {
  readonly name: string;
  readonly iteration?: number;
  readonly quality?: readonly QualityScore[];
}

export interface RecordedDatabase extends Recorded {
  /** For example `select user`; never the statement with its values. */
  readonly operation: string;
}

export interface RecordedModelCall extends Recorded {
  readonly model: string;
  /** As `gen_ai.provider.name` wants it: "openai", "gcp.gemini", … */
  readonly provider: string;
  readonly usage?: Usage;
  readonly stream?: StreamTiming;
}

export interface RecordedCacheLookup extends Recorded {
  readonly cache: string;
  readonly hit: boolean;
  /** For example memory, redis, disk. */
  readonly level?: string;
  /** What the hit saved. */
  readonly avoided?: Avoided;
}

/** Recording by hand, where wrapping does not fit: the work is over, and this says what it was. */
export interface Recorder {
  request(request: RecordedRequest): void;
  node(node: RecordedNode): void;
  database(operation: RecordedDatabase): void;
  modelCall(call: RecordedModelCall): void;
  cache(lookup: RecordedCacheLookup): void;
}

/** Makes the recorder over `telemetry`; like it, it never throws. */
export function createRecorder(telemetry: Telemetry): Recorder {
  return {
    request({ method, route, statusCode, labels, ...rest }) {
      const failed = statusCode >= 500 ? { errorType: String(statusCode) } : {};
      const own = { method, route, status_code: String(statusCode) };
      telemetry.record({
        kind: "http",
        name: `${method} ${route}`,
        ...settled({ ...failed, ...rest }),
        labels: { ...labels, ...own },
      });
    },
    node: ({ ...node }) => telemetry.record({ kind: "node", ...settled(node) }),
    database: ({ operation, ...rest }) => telemetry.record({ kind: "database", name: operation, ...settled(rest) }),
    modelCall: (call) => telemetry.record({ kind: "model", name: call.model, ...settled(call) }),
    cache({ cache, hit, level, labels, ...rest }) {
      const own = { result: hit ? "hit" : "miss", ...(level === undefined ? {} : { level }) };
      telemetry.record({ kind: "cache", name: cache, ...settled(rest), labels: { ...labels, ...own } });
    },
  };
}

function settled<T extends { readonly status?: OutcomeStatus; readonly errorType?: string }>(
  record: T,
): T & { status: OutcomeStatus } {
  return { ...record, status: record.status ?? (record.errorType === undefined ? "ok" : "error") };
}
