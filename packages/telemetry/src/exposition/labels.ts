import { escapeLabelValue, sanitizeName } from "./text.ts";

/** Attributes as OpenTelemetry hands them over. */
export type LabelSource = Readonly<Record<string, unknown>>;

// Attribute objects live as long as their series, so each is turned into text once and not at every scrape.
const texts = new WeakMap<LabelSource, string>();

/** The labels of one series, without braces: `a="1",b="2"`. Empty values are left out: to Prometheus they are absent. */
export function labelText(attributes: LabelSource): string {
  let text = texts.get(attributes);
  if (text === undefined) {
    text = writeLabels(attributes);
    texts.set(attributes, text);
  }
  return text;
}

function writeLabels(attributes: LabelSource): string {
  const values = new Map<string, string>();
  for (const [key, raw] of Object.entries(attributes)) {
    const value = labelValue(raw);
    if (value === "") continue;
    const name = labelName(key);
    const other = values.get(name);
    // Two attributes may become one label (`a.b`, `a_b`); a label given twice would cost the whole scrape.
    values.set(name, other === undefined ? value : `${other};${value}`);
  }
  return Array.from(values, ([name, value]) => `${name}="${escapeLabelValue(value)}"`).join(",");
}

/** `le` and `quantile` belong to histograms and summaries, so an attribute of that name makes way. */
function labelName(key: string): string {
  const name = sanitizeName(key);
  return name === "le" || name === "quantile" ? `exported_${name}` : name;
}

function labelValue(raw: unknown): string {
  if (typeof raw === "string") return raw;
  if (raw === undefined) return "";
  try {
    return JSON.stringify(raw) ?? "";
  } catch {
    // A bigint or a cycle: attributes should not hold them, but a scrape must not fail over it.
    return String(raw);
  }
}
