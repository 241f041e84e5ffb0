import {
  type CollectedMetric,
  type CollectedPoint,
  type Exemplar,
  type HistogramValue,
  pointType,
} from "../metrics/collected.ts";
import { familyName, unitName } from "./family-name.ts";
import { labelText } from "./labels.ts";
import type { Family, FamilyType, Sample, SampleExemplar } from "./types.ts";

/**
 * Turns what an OpenTelemetry reader collected into families, named by {@link familyName}. Exponential histograms have no counterpart in the text formats and are left out.
 */
export function serializeMetrics(metrics: Iterable<CollectedMetric>): Family[] {
  const families: Family[] = [];
  for (const metric of metrics) {
    const type = familyType(metric);
    if (type === undefined) continue;
    const unit = unitName(metric.descriptor.unit);
    const name = familyName(metric.descriptor.name, type, unit);
    const help = metric.descriptor.description || metric.descriptor.name;
    families.push({ name, type, help, unit, samples: samplesOf(name, metric) });
  }
  return families;
}

function familyType(metric: CollectedMetric): FamilyType | undefined {
  switch (metric.dataPointType) {
    case pointType.histogram:
      return "histogram";
    case pointType.gauge:
      return "gauge";
    case pointType.sum:
      return metric.isMonotonic ? "counter" : "gauge";
    default:
      return undefined;
  }
}

function samplesOf(name: string, metric: CollectedMetric): Sample[] {
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const point of metric.dataPoints) {
    const labels = labelText(point.attributes);
    // Attributes that differ only in what text cannot show would be one series given twice.
    if (seen.has(labels)) continue;
    seen.add(labels);
    if (typeof point.value === "number") {
      samples.push(withExemplar(seriesName(name, labels), point.value, point.exemplars?.[0]));
    } else {
      addHistogram(samples, name, labels, point, point.value);
    }
  }
  return samples;
}

function seriesName(name: string, labels: string): string {
  return labels === "" ? name : `${name}{${labels}}`;
}

function addHistogram(
  samples: Sample[],
  name: string,
  labels: string,
  point: CollectedPoint,
  value: HistogramValue,
): void {
  const { boundaries, counts } = value.buckets;
  const prefix = labels === "" ? `${name}_bucket{le="` : `${name}_bucket{${labels},le="`;
  let cumulative = 0;
  for (let index = 0; index < boundaries.length; index++) {
    const boundary = boundaries[index] as number;
    if (boundary === Number.POSITIVE_INFINITY) break;
    cumulative += counts[index] as number;
    samples.push(withExemplar(`${prefix}${boundary}"}`, cumulative, point.exemplars?.[index]));
  }
  // The last bucket is the count by definition; summing up again would only risk a difference.
  samples.push(withExemplar(`${prefix}+Inf"}`, value.count, point.exemplars?.[boundaries.length]));
  if (value.sum !== undefined) samples.push({ series: seriesName(`${name}_sum`, labels), value: value.sum });
  samples.push({ series: seriesName(`${name}_count`, labels), value: value.count });
}

function withExemplar(series: string, value: number, exemplar: Exemplar | undefined): Sample {
  return exemplar === undefined ? { series, value } : { series, value, exemplar: exemplarText(exemplar) };
}

function exemplarText({ traceId, spanId, value, timestampMs }: Exemplar): SampleExemplar {
  return { labels: `trace_id="${traceId}",span_id="${spanId}"`, value, timestampMs };
}
