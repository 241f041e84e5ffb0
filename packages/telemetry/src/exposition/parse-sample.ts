import { splitSeries } from "./series.ts";
import { parseValue } from "./text.ts";
import type { ExpositionFormat, Sample, SampleExemplar } from "./types.ts";

/** Reads `series value [timestamp] [# {labels} value [timestamp]]`; undefined when the line is something else. */
export function parseSample(line: string, format: ExpositionFormat): Sample | undefined {
  const split = splitSeries(line);
  if (!split) return undefined;
  const mark = split.rest.indexOf(" # ");
  const own = parseNumbers(mark < 0 ? split.rest : split.rest.slice(0, mark));
  if (!own) return undefined;
  const exemplar = mark < 0 ? undefined : parseExemplar(split.rest.slice(mark + 3));
  const { value, timestamp } = own;
  // OpenMetrics counts seconds, the older format milliseconds.
  const timestampMs = timestamp === undefined || format === "prometheus" ? timestamp : Math.round(timestamp * 1000);
  return {
    series: split.series,
    value,
    ...(timestampMs === undefined ? {} : { timestampMs }),
    ...(exemplar ? { exemplar } : {}),
  };
}

function parseExemplar(text: string): SampleExemplar | undefined {
  // An exemplar's labels are written as a series without a name.
  const split = splitSeries(`x${text.trimStart()}`);
  const numbers = split && parseNumbers(split.rest);
  if (!numbers) return undefined;
  const { value, timestamp } = numbers;
  const labels = split.series.slice("x{".length, -"}".length);
  return timestamp === undefined ? { labels, value } : { labels, value, timestampMs: Math.round(timestamp * 1000) };
}

function parseNumbers(text: string): { readonly value: number; readonly timestamp: number | undefined } | undefined {
  const [valueText = "", timestampText, ...rest] = text.trim().split(/[ \t]+/);
  const value = parseValue(valueText);
  const timestamp = timestampText === undefined ? undefined : parseValue(timestampText);
  if (value === undefined || rest.length > 0) return undefined;
  if (timestampText !== undefined && timestamp === undefined) return undefined;
  return { value, timestamp };
}
