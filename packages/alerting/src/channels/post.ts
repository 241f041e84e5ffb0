import { ConfigurationError } from "@flyball/core";
import { DeliveryError } from "../errors.ts";

/** Longest answer that is read for a message, characters. */
const mostExcerpt = 200;
/** Statuses besides 5xx after which the same request may succeed. */
const passing: ReadonlySet<number> = new Set([408, 409, 423, 425, 429]);

/**
 * Posts a body. @throws DeliveryError, permanent when the receiver will never take it; its message names the host
 * only, since the rest of a webhook's URL is its secret.
 */
export async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { host } = new URL(url);
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
      redirect: "error",
      signal,
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw new DeliveryError(`${host} cannot be reached: ${reasonOf(cause)}`, { subject: host, cause });
  }
  // The body is read either way, or the connection would not be used again.
  const answer = await response.text().catch(() => "");
  if (response.ok) return;
  const retryAfterMs = retryAfter(response.headers.get("retry-after"), Date.now());
  throw new DeliveryError(`${host} answered ${response.status} ${answer.slice(0, mostExcerpt)}`.trim(), {
    subject: host,
    permanent: response.status < 500 && !passing.has(response.status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** `Retry-After` in seconds or as a date; undefined when it is neither. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  if (header.trim() !== "" && seconds >= 0) return seconds * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** @throws ConfigurationError for what is no http URL; the value is not repeated, as it may hold a secret. */
export function checkedUrl(path: string, url: string): string {
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return url;
  throw new ConfigurationError(path, "(not shown)", "an http or https URL");
}

function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  const { code, message } = cause as { code?: string; message?: string };
  return code ?? message ?? "no reason given";
}
