import { unescapeText } from "./text.ts";

/** Splits a line into its series, written the one way this package writes it, and what follows. */
export function splitSeries(line: string): { readonly series: string; readonly rest: string } | undefined {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  if (name === undefined) return undefined;
  const afterName = skipSpace(line, name.length);
  if (line[afterName] !== "{") return { series: name, rest: line.slice(name.length) };
  const labels: string[] = [];
  let at = skipSpace(line, afterName + 1);
  while (line[at] !== "}") {
    labelPattern.lastIndex = at;
    const label = labelPattern.exec(line);
    if (!label) return undefined;
    labels.push(`${label[1]}="${label[2]}"`);
    at = skipSpace(line, labelPattern.lastIndex);
    if (line[at] === ",") at = skipSpace(line, at + 1);
    else if (line[at] !== "}") return undefined;
  }
  return { series: labels.length === 0 ? name : `${name}{${labels.join(",")}}`, rest: line.slice(at + 1) };
}

const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"/y;

function skipSpace(line: string, at: number): number {
  let index = at;
  while (line[index] === " " || line[index] === "\t") index++;
  return index;
}

/** The name of a series, without its labels. */
export function seriesName(series: string): string {
  const brace = series.indexOf("{");
  return brace < 0 ? series : series.slice(0, brace);
}

/** The labels of a series by name, unescaped. */
export function labelsOf(series: string): Map<string, string> {
  const labels = new Map<string, string>();
  const pattern = new RegExp(labelPattern.source, "g");
  for (const [, name = "", value = ""] of series.slice(series.indexOf("{") + 1).matchAll(pattern)) {
    labels.set(name, unescapeText(value));
  }
  return labels;
}

/** The same for two spellings of one series: labels sorted, empty ones left out. */
export function seriesKey(series: string): string {
  const name = seriesName(series);
  if (name === series) return name;
  const labels = [...labelsOf(series)].filter(([, value]) => value !== "");
  if (labels.length === 0) return name;
  return JSON.stringify([name, ...labels.sort(([a], [b]) => (a < b ? -1 : 1))]);
}
