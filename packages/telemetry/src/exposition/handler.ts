import { type Clock, failureLog, type Logger, silentLogger, systemClock, withDeadline } from "@flyball/core";
import { flyballMetrics, label, type MetricDefinition } from "../names.ts";
import { type LabelSource, labelText } from "./labels.ts";
import { mergeFamilies } from "./merge.ts";
import { negotiateFormat } from "./negotiate.ts";
import { contentTypes, renderExposition } from "./render.ts";
import type { Family, MetricsSource, SourceReading } from "./types.ts";

export interface MetricsHandlerOptions {
  /** Asked in this order; where two say different things about one family, the earlier is right. */
  readonly sources: readonly MetricsSource[];
  /** How long one source may take, milliseconds. Default 5,000: half of Prometheus' scrape timeout. */
  readonly sourceTimeoutMs?: number;
  readonly clock?: Clock;
  /** Told of each cause of failure once. Default: silent; failures are counted on the exposition itself. */
  readonly logger?: Logger;
}

export interface MetricsResponse {
  readonly contentType: string;
  readonly body: string;
}

/** Answers one scrape. Never rejects. */
export type MetricsHandler = (request: { readonly accept?: string | undefined }) => Promise<MetricsResponse>;

/**
 * Serves several sources as one valid exposition, in Prometheus' text format or, when the Accept header asks for
 * it, in OpenMetrics with exemplars. A source that throws or hangs is left out of the answer and counted in it.
 */
export function createMetricsHandler(options: MetricsHandlerOptions): MetricsHandler {
  const { sources, sourceTimeoutMs = 5_000, clock = systemClock } = options;
  const log = failureLog(options.logger ?? silentLogger);
  const failures = new Map(sources.map((source) => [source.name, 0]));
  let conflicts = 0;
  let duplicates = 0;

  async function read(source: MetricsSource): Promise<SourceReading> {
    try {
      const reading = await withDeadline(
        (async () => source.collect())(),
        sourceTimeoutMs,
        `metrics source ${source.name}`,
        clock,
      );
      if (reading.failures) count(source.name, reading.failures);
      return reading;
    } catch (error) {
      count(source.name, 1);
      log.report(`metrics source ${source.name}`, error);
      return { families: [] };
    }
  }
  function count(source: string, more: number): void {
    failures.set(source, (failures.get(source) ?? 0) + more);
  }
  /** What went wrong until now, this scrape included. */
  function own(): Family[] {
    const bySource = Array.from(failures, ([source, value]): [LabelSource, number] => [
      { [label.source]: source },
      value,
    ]);
    return [
      counterFamily(flyballMetrics.scrapeFailures, bySource),
      counterFamily(flyballMetrics.scrapeConflicts, [[{}, conflicts]]),
      counterFamily(flyballMetrics.scrapeDuplicates, [[{}, duplicates]]),
    ];
  }

  return async ({ accept }) => {
    const readings = await Promise.all(sources.map(read));
    const merged = mergeFamilies(readings.flatMap((reading) => reading.families));
    conflicts += merged.conflicts.length;
    duplicates += merged.duplicates;
    for (const name of merged.conflicts)
      log.report(`metrics family ${name}`, new Error(`${name} is declared twice with different types`));
    const format = negotiateFormat(accept);
    const all = mergeFamilies([...own(), ...merged.families]).families;
    return { contentType: contentTypes[format], body: renderExposition(all, format) };
  };
}

function counterFamily(metric: MetricDefinition, values: readonly [LabelSource, number][]): Family {
  const samples = values.map(([labels, value]) => {
    const text = labelText(labels);
    return { series: text === "" ? metric.prometheus : `${metric.prometheus}{${text}}`, value };
  });
  return { name: metric.prometheus, type: "counter", help: metric.description, samples };
}
