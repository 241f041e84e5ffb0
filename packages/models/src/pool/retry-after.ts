const longestDelayMs = 24 * 60 * 60 * 1000;

/**
 * How long a server asks to wait, milliseconds: `retry-after-ms` (OpenAI), or `Retry-After` in seconds or as an
 * HTTP date (RFC 9110 §10.2.3). Undefined when it does not say, or says something unreadable.
 */
export function retryAfterMs(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  nowMs: number,
): number | undefined {
  const milliseconds = first(headers["retry-after-ms"]);
  if (milliseconds !== undefined && /^\d+(\.\d+)?$/.test(milliseconds)) return clamp(Number(milliseconds));
  const value = first(headers["retry-after"]);
  if (value === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return clamp(Number(value) * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : clamp(date - nowMs);
}

function first(value: string | string[] | undefined): string | undefined {
  return (Array.isArray(value) ? value[0] : value)?.trim();
}

function clamp(ms: number): number {
  return Math.min(Math.max(0, ms), longestDelayMs);
}
