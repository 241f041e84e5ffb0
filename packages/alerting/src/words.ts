import { type Measure, type Unit, unitOf } from "./measure.ts";

/** A value of a measure, for people: `41.2 s`, `$ 5.20 per hour`, `4.7 %`. */
export function inWords(measure: Measure, value: number): string {
  const text = valueInWords(unitOf(measure), value);
  return measure.per === undefined ? text : `${text} per ${measure.per}`;
}

function valueInWords(unit: Unit, value: number): string {
  switch (unit) {
    case "seconds":
      return value < 1 ? `${rounded(value * 1000)} ms` : `${rounded(value)} s`;
    case "usd":
      return `$ ${value < 0.1 ? Number(value.toPrecision(2)) : value.toFixed(2)}`;
    case "share":
      return `${rounded(value * 100)} %`;
    case "score":
      return value.toFixed(2);
    case "number":
      return rounded(value);
  }
}

/** Three digits that count, no exponent. */
export function rounded(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** What is measured, for people: `p95 of duration of run fir`. */
export function measureInWords({ metric, statistic, kind, name, labels = {} }: Measure): string {
  const what = metric.replaceAll("_", " ");
  const of = [kind, name, ...Object.entries(labels).map(([key, value]) => `${key} ${[value].flat().join("|")}`)];
  const whose = of.filter((part) => part !== undefined).join(" ");
  return `${statistic === undefined ? "" : `${statistic} of `}${what}${whose === "" ? "" : ` of ${whose}`}`;
}

export function minutesInWords(minutes: number): string {
  if (minutes % 1_440 === 0) return minutes === 1_440 ? "1 day" : `${minutes / 1_440} days`;
  if (minutes % 60 === 0) return `${minutes / 60} h`;
  return `${minutes} min`;
}
