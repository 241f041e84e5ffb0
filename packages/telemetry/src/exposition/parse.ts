import { splitSeries } from "./series.ts";
import { parseValue, unescapeText } from "./text.ts";
import type { Family, FamilyType, Sample, SampleExemplar } from "./types.ts";

/** What a text held. */
export interface ParsedExposition {
  readonly families: Family[];
  /** Lines that are neither samples nor comments; they are left out. */
  readonly malformed: number;
}

interface Draft {
  readonly name: string;
  type: FamilyType;
  help: string | undefined;
  readonly samples: Sample[];
}

/**
 * Reads an exposition in Prometheus' text format or in OpenMetrics. Lines of one family need not stand together;
 * UNIT and EOF are dropped, a broken line is counted and skipped. OpenMetrics' `info` and `stateset` become gauges.
 */
export function parseExposition(text: string, format: "prometheus" | "openmetrics" = "prometheus"): ParsedExposition {
  const drafts = new Map<string, Draft>();
  const bySample = new Map<string, Draft>();
  let malformed = 0;

  function draft(name: string): Draft {
    let found = drafts.get(name);
    if (!found) {
      found = { name, type: "untyped", help: undefined, samples: [] };
      drafts.set(name, found);
      bySample.set(name, found);
    }
    return found;
  }

  /** The name that a family has in Prometheus' own format. */
  const nameIn = (declared: string, type: string): string => {
    if (format === "prometheus") return declared;
    if (type === "counter") return `${declared}_total`;
    return type === "info" ? `${declared}_info` : declared;
  };

  // OpenMetrics may give HELP before TYPE, and only TYPE tells the name; so HELP waits under the declared name.
  const helps = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line === "" || line === "\r") continue;
    if (line.startsWith("#")) {
      const comment = /^#\s+(TYPE|HELP)\s+(\S+)(?:\s(.*))?$/.exec(line);
      if (!comment) continue;
      const [, keyword, name = "", rest = ""] = comment;
      if (keyword === "HELP") {
        if (!helps.has(name)) helps.set(name, unescapeText(rest));
        continue;
      }
      const family = draft(nameIn(name, rest.trim()));
      if (family.samples.length > 0 || family.type !== "untyped") continue;
      family.type = knownType(rest.trim());
      family.help ??= helps.get(name);
      for (const suffix of suffixes[family.type]) bySample.set(family.name + suffix, family);
      continue;
    }
    const sample = parseSample(line, format);
    if (!sample) {
      malformed++;
      continue;
    }
    const name = sample.series.slice(0, nameEnd(sample.series));
    // `_created` says when a counter began; Prometheus' own format has no place for it.
    if (format === "openmetrics" && name.endsWith("_created") && !bySample.has(name)) continue;
    (bySample.get(name) ?? draft(name)).samples.push(sample);
  }
  const families = Array.from(drafts.values(), ({ name, type, help, samples }) => ({
    name,
    type,
    help: help ?? helps.get(name) ?? "",
    samples,
  }));
  return { families: families.filter((family) => family.samples.length > 0), malformed };
}

/** What a family's samples are called beside the family's own name. */
export const suffixes: Readonly<Record<FamilyType, readonly string[]>> = {
  counter: [],
  gauge: [],
  untyped: [],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["_sum", "_count"],
};

function knownType(type: string): FamilyType {
  switch (type) {
    case "counter":
    case "gauge":
    case "histogram":
    case "summary":
      return type;
    case "info":
    case "stateset":
      return "gauge";
    default:
      return "untyped";
  }
}

function nameEnd(series: string): number {
  const brace = series.indexOf("{");
  return brace < 0 ? series.length : brace;
}

/** Reads `series value [timestamp] [# {labels} value [timestamp]]`; undefined when it is not one. */
function parseSample(line: string, format: "prometheus" | "openmetrics"): Sample | undefined {
  const split = splitSeries(line);
  if (!split) return undefined;
  const [rest = "", exemplarText] = splitExemplar(split.rest);
  const parts = rest.trim().split(/[ \t]+/);
  const value = parseValue(parts[0] ?? "");
  if (value === undefined || parts.length > 2) return undefined;
  const timestamp = parts[1] === undefined ? undefined : parseValue(parts[1]);
  if (parts[1] !== undefined && timestamp === undefined) return undefined;
  const exemplar = exemplarText === undefined ? undefined : parseExemplar(exemplarText);
  return {
    series: split.series,
    value,
    // OpenMetrics counts seconds, the older format milliseconds.
    ...(timestamp === undefined
      ? {}
      : { timestampMs: format === "openmetrics" ? Math.round(timestamp * 1000) : timestamp }),
    ...(exemplar ? { exemplar } : {}),
  };
}

function splitExemplar(rest: string): [string, string | undefined] {
  const mark = rest.indexOf(" # ");
  return mark < 0 ? [rest, undefined] : [rest.slice(0, mark), rest.slice(mark + 3)];
}

function parseExemplar(text: string): SampleExemplar | undefined {
  const split = splitSeries(`x${text.trimStart()}`);
  if (!split) return undefined;
  const parts = split.rest.trim().split(/[ \t]+/);
  const value = parseValue(parts[0] ?? "");
  if (value === undefined) return undefined;
  const seconds = parts[1] === undefined ? undefined : parseValue(parts[1]);
  const labels = split.series.slice(2, -1);
  return seconds === undefined ? { labels, value } : { labels, value, timestampMs: Math.round(seconds * 1000) };
}
