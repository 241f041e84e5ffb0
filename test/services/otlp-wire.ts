import protobuf from "protobufjs";
import { otlpProto } from "./otlp-proto.ts";

// Both encodings are brought to the JSON one: ids as hex, 64-bit numbers as strings, names in camel case.

export interface WireValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly arrayValue?: object;
}

interface WireAttributes {
  readonly attributes?: readonly { readonly key: string; readonly value: WireValue }[];
}

export interface WireSpan extends WireAttributes {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly events?: readonly { readonly name: string }[];
  readonly status?: { readonly code?: number };
}

export interface WirePoint extends WireAttributes {
  readonly count?: string | number;
  readonly asDouble?: number;
  readonly asInt?: string | number;
  readonly bucketCounts?: readonly (string | number)[];
}

export interface WireMetric {
  readonly name: string;
  readonly unit?: string;
  readonly gauge?: { readonly dataPoints?: readonly WirePoint[] };
  readonly sum?: { readonly dataPoints?: readonly WirePoint[] };
  readonly histogram?: { readonly dataPoints?: readonly WirePoint[] };
}

export interface TraceRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: WireAttributes;
    readonly scopeSpans?: readonly { readonly spans?: readonly WireSpan[] }[];
  }[];
}

export interface MetricsRequest {
  readonly resourceMetrics?: readonly {
    readonly resource?: WireAttributes;
    readonly scopeMetrics?: readonly { readonly metrics?: readonly WireMetric[] }[];
  }[];
}

const types = protobuf.parse(otlpProto, { keepCase: false }).root;

export function decodeTraces(body: Buffer, json: boolean): TraceRequest {
  return decode("otlp.TraceRequest", body, json) as TraceRequest;
}

export function decodeMetrics(body: Buffer, json: boolean): MetricsRequest {
  return decode("otlp.MetricsRequest", body, json) as MetricsRequest;
}

function decode(type: string, body: Buffer, json: boolean): unknown {
  if (json) return JSON.parse(body.toString("utf8"));
  const message = types.lookupType(type).decode(body);
  return withHexIds(types.lookupType(type).toObject(message, { longs: String }));
}

function withHexIds(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(withHexIds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withHexIds(inner)]));
}

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export function attributesOf(holder: WireAttributes | undefined): Attributes {
  const entries = (holder?.attributes ?? []).map(({ key, value }): [string, string | number | boolean] => {
    if (value.intValue !== undefined) return [key, Number(value.intValue)];
    if (value.arrayValue !== undefined) return [key, JSON.stringify(value.arrayValue)];
    return [key, value.stringValue ?? value.doubleValue ?? value.boolValue ?? ""];
  });
  return Object.fromEntries(entries);
}
