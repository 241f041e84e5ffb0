import { escapeHelp, formatValue } from "./text.ts";
import type { ExpositionFormat, Family, Sample } from "./types.ts";

/** The content types that the two formats are announced by. */
export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Writes families whose names differ from each other, as {@link mergeFamilies} gives them. */
export function renderExposition(families: readonly Family[], format: ExpositionFormat): string {
  const lines: string[] = [];
  if (format === "prometheus") {
    for (const family of families) {
      lines.push(`# HELP ${family.name} ${escapeHelp(family.help, false)}`, `# TYPE ${family.name} ${family.type}`);
      for (const sample of family.samples) lines.push(sampleLine(sample));
    }
    return `${lines.join("\n")}\n`;
  }
  const taken = new Set(families.map((family) => family.name));
  for (const family of families) writeOpenMetrics(lines, family, taken);
  lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function sampleLine({ series, value, timestampMs }: Sample): string {
  return timestampMs === undefined
    ? `${series} ${formatValue(value)}`
    : `${series} ${formatValue(value)} ${timestampMs}`;
}

/**
 * A counter is declared without its `_total` there. One that has no `_total`, or whose short name another family
 * bears, is declared `unknown`, which keeps its samples as they are.
 */
function writeOpenMetrics(lines: string[], family: Family, taken: ReadonlySet<string>): void {
  let { name } = family;
  let type = family.type === "untyped" ? "unknown" : family.type;
  if (type === "counter") {
    const short = name.endsWith("_total") ? name.slice(0, -"_total".length) : name;
    if (short === name || taken.has(short)) type = "unknown";
    else name = short;
  }
  lines.push(`# HELP ${name} ${escapeHelp(family.help, true)}`, `# TYPE ${name} ${type}`);
  if (family.unit && name.endsWith(`_${family.unit}`)) lines.push(`# UNIT ${name} ${family.unit}`);
  for (const sample of family.samples) lines.push(openMetricsLine(sample, type));
}

function openMetricsLine({ series, value, timestampMs, exemplar }: Sample, type: string): string {
  let line = `${series} ${formatValue(value)}`;
  if (timestampMs !== undefined) line += ` ${timestampMs / 1000}`;
  // Only buckets and counters may carry one; anywhere else a scraper refuses the whole exposition.
  if (exemplar && (type === "histogram" || type === "counter")) {
    line += ` # {${exemplar.labels}} ${formatValue(exemplar.value)}`;
    if (exemplar.timestampMs !== undefined) line += ` ${exemplar.timestampMs / 1000}`;
  }
  return line;
}
