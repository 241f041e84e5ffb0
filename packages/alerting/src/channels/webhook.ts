import { createHmac, timingSafeEqual } from "node:crypto";
import { type Clock, ConfigurationError, systemClock } from "@flyball/core";
import { checkedUrl, post } from "./post.ts";
import type { Channel } from "./types.ts";

export interface WebhookChannelOptions {
  readonly url: string;
  /** Default `webhook`. */
  readonly name?: string;
  /** Signs every request, when given: at least 16 characters. */
  readonly secret?: string;
  /** Further headers, for example `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

/** Name of the header that carries a signature: `t=<seconds>,v1=<hex>`. */
export const signatureHeader = "flyball-signature";
const tolerance = 300;

/**
 * Posts each notice as JSON. `idempotency-key` is the notice's id, the same at every try. With a secret the time and
 * the body are signed, so that the receiver knows both who sent it and when.
 */
export function webhookChannel(options: WebhookChannelOptions): Channel {
  const { name = "webhook", secret, headers = {}, clock = systemClock } = options;
  const url = checkedUrl("webhook.url", options.url);
  if (secret !== undefined && secret.length < 16) {
    throw new ConfigurationError("webhook.secret", `${secret.length} characters`, "at least 16 characters");
  }
  return {
    name,
    maxAlerts: 100,
    send(notice, signal) {
      const body = JSON.stringify(notice);
      const signature = secret === undefined ? {} : { [signatureHeader]: sign(secret, body, clock.now()) };
      return post(url, body, { "idempotency-key": notice.id, ...headers, ...signature }, signal);
    },
  };
}

/** HMAC-SHA256 of `<seconds>.<body>`. */
function sign(secret: string, body: string, now: number): string {
  const seconds = Math.floor(now / 1000);
  return `t=${seconds},v1=${digest(secret, seconds, body)}`;
}

/** For receivers: whether a request was signed with the secret within the last five minutes. */
export function verifySignature(secret: string, header: string, body: string, now: number = Date.now()): boolean {
  const [, seconds = "", given = ""] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  if (given === "" || Math.abs(now / 1000 - Number(seconds)) > tolerance) return false;
  return timingSafeEqual(Buffer.from(given, "hex"), Buffer.from(digest(secret, Number(seconds), body), "hex"));
}

function digest(secret: string, seconds: number, body: string): string {
  return createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
}
