import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import {
  type Attributes,
  attributesOf,
  decodeMetrics,
  decodeTraces,
  type MetricsRequest,
  type TraceRequest,
} from "./otlp-wire.ts";

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Attributes;
  readonly events: readonly string[];
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number;
  readonly durationMs: number;
  readonly resource: Attributes;
}

export interface CollectedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly attributes: Attributes;
  /** A histogram's is its count. */
  readonly value: number;
  readonly bucketCounts: readonly number[];
  readonly resource: Attributes;
}

/** What the collector does with an export. */
export type CollectorMood = "accept" | "hang" | "refuse" | "busy";

/** A small OTLP/HTTP collector that decodes what it is sent, in protobuf or JSON, as a real one would. */
export interface OtlpCollector {
  readonly endpoint: string;
  readonly spans: readonly CollectedSpan[];
  readonly points: readonly CollectedPoint[];
  /** Content types and headers of all requests, in order. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
  /** `hang` never answers, `refuse` answers 400, `busy` answers 503. Default `accept`. */
  mood: CollectorMood;
  stop(): Promise<void>;
}

/** Starts a collector on a free loopback port. */
export async function startOtlpCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const points: CollectedPoint[] = [];
  const requests: { path: string; headers: IncomingMessage["headers"] }[] = [];
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      requests.push({ path: request.url ?? "", headers: request.headers });
      if (collector.mood === "hang") return;
      if (collector.mood !== "accept") {
        response.writeHead(collector.mood === "busy" ? 503 : 400).end();
        return;
      }
      const body = Buffer.concat(parts);
      const plain = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      const json = (request.headers["content-type"] ?? "").includes("json");
      if (request.url === "/v1/traces") spans.push(...readSpans(decodeTraces(plain, json)));
      else if (request.url === "/v1/metrics") points.push(...readPoints(decodeMetrics(plain, json)));
      else {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { "content-type": json ? "application/json" : "application/x-protobuf" });
      response.end(json ? "{}" : undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const collector: OtlpCollector = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    points,
    requests,
    mood: "accept",
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return collector;
}

function readSpans(request: TraceRequest): CollectedSpan[] {
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ spans = [] }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? "",
        name: span.name,
        attributes: attributesOf(span),
        events: (span.events ?? []).map((event) => event.name),
        statusCode: span.status?.code ?? 0,
        durationMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
        resource: attributesOf(resource),
      })),
    ),
  );
}

function readPoints(request: MetricsRequest): CollectedPoint[] {
  return (request.resourceMetrics ?? []).flatMap(({ resource, scopeMetrics = [] }) =>
    scopeMetrics.flatMap(({ metrics = [] }) =>
      metrics.flatMap((metric) =>
        ((metric.histogram ?? metric.sum ?? metric.gauge)?.dataPoints ?? []).map((point) => ({
          metric: metric.name,
          unit: metric.unit ?? "",
          attributes: attributesOf(point),
          value: Number(point.count ?? point.asDouble ?? point.asInt ?? 0),
          bucketCounts: (point.bucketCounts ?? []).map(Number),
          resource: attributesOf(resource),
        })),
      ),
    ),
  );
}
