import { flyballMetrics, type MetricDefinition, namesFor } from "../names.ts";
import { sanitizeName } from "./text.ts";
import type { FamilyType } from "./types.ts";

const ownMetrics: readonly (MetricDefinition | undefined)[] = [
  ...Object.values(flyballMetrics),
  ...Object.values(namesFor("v1.41").metrics),
  ...Object.values(namesFor("genai-main").metrics),
];

const ownNames: ReadonlyMap<string, string> = new Map(
  ownMetrics.flatMap((metric) => (metric ? [[metric.name, metric.prometheus]] : [])),
);

/**
 * What Prometheus calls an OpenTelemetry metric. Flyball's own say it themselves; others follow OpenTelemetry's
 * rules: characters outside `[a-zA-Z0-9_]` become `_`, the unit is appended when the name does not end with it,
 * counters end in `_total`.
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function familyName(name: string, type: FamilyType, unit: string): string {
  const own = ownNames.get(name);
  if (own !== undefined) return own;
  let base = sanitizeName(name);
  if (type === "counter" && base.endsWith("_total")) base = base.slice(0, -"_total".length);
  if (unit !== "" && !base.endsWith(`_${unit}`)) base += `_${unit}`;
  return type === "counter" ? `${base}_total` : base;
}

/** UCUM's abbreviations as Prometheus spells units. */
const unitNames: Readonly<Record<string, string>> = {
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
  min: "minutes",
  h: "hours",
  d: "days",
  By: "bytes",
  KiBy: "kibibytes",
  MiBy: "mebibytes",
  GiBy: "gibibytes",
  USD: "usd",
  "%": "percent",
};

/** The unit as a part of a name; empty for annotations such as `{token}`, for `1`, and for what makes no word. */
export function unitName(unit: string): string {
  const bare = unit.replace(/\{[^}]*\}/g, "");
  if (bare === "" || bare === "1") return "";
  const known = unitNames[bare];
  if (known !== undefined) return known;
  return /^[a-zA-Z]+$/.test(bare) ? bare : "";
}
