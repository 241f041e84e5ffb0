import type { Cost } from "@flyball/telemetry";

/** Milliseconds for people: `0.4 ms`, `12 ms`, `1.24 s`, `2 m 05 s`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
}

/** `12,345`; nothing for nothing. */
export function count(value: number): string {
  return value === 0 ? "" : Math.round(value).toLocaleString("en-US");
}

/** US dollars with as many digits as a small amount needs: `$12.30`, `$0.0042`. */
export function dollars(usd: number): string {
  if (usd === 0) return "$0";
  return usd >= 1
    ? `$${usd.toFixed(2)}`
    : `$${Number(usd.toPrecision(2)).toFixed(Math.min(8, 1 - Math.floor(Math.log10(usd))))}`;
}

/** What was spent, with what has no known price told apart: an unknown price is never zero. */
export function spent(usd: number, unpriced: number): string {
  if (unpriced === 0) return usd === 0 ? "" : dollars(usd);
  return usd === 0 ? "unpriced" : `${dollars(usd)} + unpriced`;
}

/** One operation's cost. */
export function cost(value: Cost | undefined): string {
  if (!value) return "";
  return value.priced ? dollars(value.usd) : "unpriced";
}

/** `820 B`, `1.4 MB`: by powers of 1,024, as limits are given. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  const scaled = value / 1024 ** power;
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`;
}

/** A share between 0 and 1: `42.0 %`; nothing where there is none. */
export function percent(share: number | undefined): string {
  return share === undefined ? "" : `${(100 * share).toFixed(1)} %`;
}
