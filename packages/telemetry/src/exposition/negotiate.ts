import type { ExpositionFormat } from "./types.ts";

/**
 * Picks the format from an Accept header, by quality and then by order; Prometheus' text format when nothing that
 * we write is asked for, since a scraper that says nothing reads that.
 */
export function negotiateFormat(accept: string | undefined): ExpositionFormat {
  let best: ExpositionFormat = "prometheus";
  let bestQuality = 0;
  for (const range of (accept ?? "").toLowerCase().split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const format = formats[type];
    if (format === undefined) continue;
    const quality = Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1);
    if (quality > bestQuality) {
      best = format;
      bestQuality = quality;
    }
  }
  return best;
}

const formats: Readonly<Record<string, ExpositionFormat | undefined>> = {
  "application/openmetrics-text": "openmetrics",
  "text/plain": "prometheus",
  "text/*": "prometheus",
  "*/*": "prometheus",
};
