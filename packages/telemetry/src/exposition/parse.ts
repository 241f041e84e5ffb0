import { parseSample } from "./parse-sample.ts";
import { seriesName } from "./series.ts";
import { unescapeText } from "./text.ts";
import { type ExpositionFormat, type Family, type FamilyType, type Sample, sampleSuffixes } from "./types.ts";

/** What a text held. */
export interface ParsedExposition {
  readonly families: Family[];
  /** Lines that are neither samples nor comments; they are left out. */
  readonly malformed: number;
}

/** A family while its lines are still coming. */
interface Draft {
  readonly name: string;
  /** The name in its HELP line; OpenMetrics leaves a counter's `_total` out there. */
  readonly declared: string;
  readonly type: FamilyType;
  readonly samples: Sample[];
}

/**
 * Reads an exposition in Prometheus' text format or in OpenMetrics. Lines of one family need not stand together;
 * UNIT and EOF are dropped, a broken line is counted and skipped. OpenMetrics' `info` and `stateset` become gauges,
 * and what has no counterpart `untyped`.
 */
export function parseExposition(text: string, format: ExpositionFormat = "prometheus"): ParsedExposition {
  const drafts = new Map<string, Draft>();
  const bySample = new Map<string, Draft>();
  const helps = new Map<string, string>();
  let malformed = 0;

  function open(name: string, declared: string, type: FamilyType): Draft {
    const draft: Draft = { name, declared, type, samples: [] };
    drafts.set(name, draft);
    for (const suffix of ["", ...sampleSuffixes[type]]) bySample.set(name + suffix, draft);
    return draft;
  }
  function comment(line: string): void {
    const [, keyword, declared = "", rest = ""] = /^#\s+(TYPE|HELP)\s+(\S+)(?:\s(.*))?$/.exec(line) ?? [];
    if (keyword === "HELP" && !helps.has(declared)) helps.set(declared, unescapeText(rest));
    if (keyword !== "TYPE") return;
    const name = format === "openmetrics" ? classicName(declared, rest.trim()) : declared;
    // A TYPE after the first sample comes too late, and a second one is not listened to.
    if (!drafts.has(name)) open(name, declared, classicType(rest.trim()));
  }

  for (const raw of text.split("\n")) {
    const line = raw.trim();
    if (line === "") continue;
    if (line.startsWith("#")) {
      comment(line);
      continue;
    }
    const sample = parseSample(line, format);
    if (!sample) {
      malformed++;
      continue;
    }
    const name = seriesName(sample.series);
    // `_created` says when a counter began; Prometheus' own format has no place for it.
    if (format === "openmetrics" && name.endsWith("_created") && !bySample.has(name)) continue;
    (bySample.get(name) ?? open(name, name, "untyped")).samples.push(sample);
  }
  const families = Array.from(drafts.values(), ({ name, declared, type, samples }) => {
    return { name, type, help: helps.get(declared) ?? "", samples };
  });
  return { families: families.filter((family) => family.samples.length > 0), malformed };
}

/** The name that an OpenMetrics family has in Prometheus' own format. */
function classicName(declared: string, type: string): string {
  if (type === "counter") return `${declared}_total`;
  return type === "info" ? `${declared}_info` : declared;
}

function classicType(type: string): FamilyType {
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
