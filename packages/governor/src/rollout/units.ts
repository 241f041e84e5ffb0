import { ConfigurationError } from "@flyball/core";

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15m`, `1h`, `7d`; a bare number is milliseconds. @throws ConfigurationError */
export function durationMs(value: string | number, path: string): number {
  if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(String(value).trim()) ?? [];
  if (amount === undefined || unit === undefined) {
    throw new ConfigurationError(path, value, "a duration such as 90s, 15m, 1h or 7d");
  }
  return Number(amount) * (milliseconds[unit] as number);
}

/** `5` and `5%` are five percent. @throws ConfigurationError */
export function percentOf(value: string | number, path: string, low: number, high: number): number {
  const percent = Number(String(value).replace(/%$/, ""));
  if (percent >= low && percent <= high) return percent;
  throw new ConfigurationError(path, value, `a percentage from ${low} to ${high}`);
}

/** `10%` and `0.1` are a tenth. @throws ConfigurationError */
export function fraction(value: string | number, path: string): number {
  const text = String(value).trim();
  const number = text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (text !== "" && number >= 0 && number < 10) return number;
  throw new ConfigurationError(path, value, "a fraction such as 0.1 or 10%, zero or more");
}
