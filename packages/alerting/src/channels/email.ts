import { createHash } from "node:crypto";
import { ConfigurationError, toError } from "@flyball/core";
import { createTransport, type Transporter } from "nodemailer";
import type { Notice } from "../delivery/notice.ts";
import { DeliveryError } from "../errors.ts";
import { emailHtml } from "./email-html.ts";
import { clip, headline, plainText } from "./text.ts";
import type { Channel } from "./types.ts";

export interface EmailChannelOptions {
  readonly host: string;
  /** Default 465 with `secure`, else 587. */
  readonly port?: number;
  /** TLS from the first byte. Default: on for port 465. */
  readonly secure?: boolean;
  /** Refuse to send without TLS (STARTTLS where it is not `secure`). Default true. */
  readonly requireTls?: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly from: string;
  readonly to: string | readonly string[];
  /** Default `email`. */
  readonly name?: string;
  /** Further trusted certificates, PEM. */
  readonly ca?: string;
  /** Longest wait for a connection, a greeting, and an answer, milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

const longestSubject = 150;
/** Answers of SMTP servers that will be the same next time. */
const permanentFrom = 500;
/** Refused because of who asks, not of what is sent: passes once somebody has corrected it. */
const authenticationCodes: ReadonlySet<number> = new Set([530, 534, 535, 538]);

/** Sends mail over SMTP, as text and HTML. Messages about one alert are a thread. */
export function emailChannel(options: EmailChannelOptions): Channel {
  const { name = "email", from, to, timeoutMs = 10_000 } = options;
  if (options.host === "") throw new ConfigurationError("email.host", options.host, "the name of an SMTP server");
  const transport = transportOf(options, timeoutMs);
  const domain = from.match(/@([^\s>]+)/)?.[1] ?? "flyball.invalid";

  return {
    name,
    async send(notice, signal) {
      signal.throwIfAborted();
      try {
        await transport.sendMail({
          from,
          to: typeof to === "string" ? to : [...to],
          subject: clip(headline(notice), longestSubject),
          text: plainText(notice),
          html: emailHtml(notice),
          messageId: `<${digest(notice.id)}@${domain}>`,
          ...threadOf(notice, domain),
          headers: { "Auto-Submitted": "auto-generated" },
        });
      } catch (thrown) {
        throw deliveryError(options.host, thrown);
      }
    },
    async close() {
      transport.close();
    },
  };
}

function transportOf(options: EmailChannelOptions, timeoutMs: number): Transporter {
  const { host, username, password = "", ca, requireTls = true } = options;
  const secure = options.secure ?? options.port === 465;
  return createTransport({
    host,
    port: options.port ?? (secure ? 465 : 587),
    secure,
    requireTLS: requireTls && !secure,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    ...(username === undefined ? {} : { auth: { user: username, pass: password } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
}

/** Everything about one episode of an alert answers its first message. */
function threadOf({ alerts }: Notice, domain: string): { references?: string } {
  const [first] = alerts;
  return first ? { references: `<${digest(`${first.fingerprint}/${first.firedAt}`)}@${domain}>` } : {};
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function deliveryError(host: string, thrown: unknown): DeliveryError {
  const error = toError(thrown);
  const { responseCode = 0 } = error as { responseCode?: number };
  const permanent = responseCode >= permanentFrom && !authenticationCodes.has(responseCode);
  return new DeliveryError(`${host} did not take the mail: ${error.message}`, {
    subject: host,
    cause: error,
    permanent,
  });
}
