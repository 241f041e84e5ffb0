// How values, names and labels are written. The two formats differ only where a function says so.

/** A float as both formats read it. */
export function formatValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}

/** Reads a float of either format; undefined when it is none. */
export function parseValue(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (lower === "nan") return Number.NaN;
  if (/^[+-]?inf(inity)?$/.test(lower))
    return lower.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(lower)) return undefined;
  return Number(lower);
}

/** Escapes a label's value; lone surrogates become U+FFFD, as the UTF-8 encoder would make them. */
export function escapeLabelValue(value: string): string {
  const text = value.toWellFormed();
  // One test instead of three replacements: nearly no label needs escaping.
  if (!/[\\"\n]/.test(text)) return text;
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

/** Escapes a help text. OpenMetrics escapes quotes too, the older format must not. */
export function escapeHelp(help: string, quotes: boolean): string {
  const text = help.toWellFormed().replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return quotes ? text.replaceAll('"', '\\"') : text;
}

const escapes: Readonly<Record<string, string>> = { "\\\\": "\\", "\\n": "\n", '\\"': '"' };

/** Undoes {@link escapeLabelValue} and {@link escapeHelp}; an unknown escape stays as it is. */
export function unescapeText(text: string): string {
  return text.includes("\\") ? text.replace(/\\[\\n"]/g, (found) => escapes[found] ?? found) : text;
}

/** Turns any name into one of `[a-zA-Z_][a-zA-Z0-9_]*`, as OpenTelemetry's rules for Prometheus do. */
export function sanitizeName(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9_]/g, "_").replace(/_{2,}/g, "_");
  if (clean === "") return "_";
  return /^[0-9]/.test(clean) ? `_${clean}` : clean;
}
