import type { Alert } from "../alert.ts";
import type { Notice } from "../delivery/notice.ts";
import type { Severity } from "../severity.ts";
import { checkedUrl, post } from "./post.ts";
import { clip, facts, headline, titleOf } from "./text.ts";
import type { Channel } from "./types.ts";

export interface SlackChannelOptions {
  /** Of an incoming webhook. It is a secret. */
  readonly url: string;
  /** Default `slack`. */
  readonly name?: string;
  /** Least time between two messages, milliseconds. Default 1,000: Slack takes one a second. */
  readonly paceMs?: number;
}

/** A Block Kit block, as far as it is used here. */
export interface SlackBlock {
  readonly type: "header" | "section" | "context" | "divider";
  readonly text?: SlackText;
  readonly elements?: readonly SlackText[];
}

interface SlackText {
  readonly type: "plain_text" | "mrkdwn";
  readonly text: string;
}

export interface SlackMessage {
  /** What a phone shows in the notification. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

/** Slack's limits on a message: https://docs.slack.dev/reference/block-kit/blocks. */
const limit = { header: 150, section: 3_000, blocks: 50, message: 10_000 } as const;
/** Room that is kept for the line that says what was left out, and for JSON around the texts. */
const reserve = 200;

const icons: Readonly<Record<Severity, string>> = { info: "🔵", warning: "🟠", critical: "🔴" };

/** Sends to Slack through an incoming webhook. */
export function slackChannel(options: SlackChannelOptions): Channel {
  const { name = "slack", paceMs = 1_000 } = options;
  const url = checkedUrl("slack.url", options.url);
  return {
    name,
    paceMs,
    send: (notice, signal) => post(url, JSON.stringify(slackMessage(notice)), {}, signal),
  };
}

/** A notice within Slack's limits, whatever it holds; what does not fit is counted in its last line. */
export function slackMessage(notice: Notice): SlackMessage {
  const icon = notice.kind === "resolved" ? "🟢" : icons[notice.severity];
  const title = clip(`${icon} ${headline(notice)}`, limit.header);
  const blocks: SlackBlock[] = [{ type: "header", text: { type: "plain_text", text: title } }];
  let used = 2 * title.length;
  if (notice.text !== undefined) {
    const text = clip(escaped(notice.text), limit.section);
    blocks.push(section(text));
    used += text.length;
  }
  let shown = 0;
  for (const alert of notice.alerts) {
    const text = clip(alertText(alert), limit.section);
    if (blocks.length + 2 > limit.blocks || used + text.length > limit.message - reserve) break;
    blocks.push(section(text));
    used += text.length;
    shown++;
  }
  const left = notice.alerts.length - shown;
  if (left > 0) blocks.push({ type: "context", elements: [{ type: "mrkdwn", text: `and ${left} more alerts` }] });
  return { text: title, blocks };
}

function section(text: string): SlackBlock {
  return { type: "section", text: { type: "mrkdwn", text } };
}

/** One fact a line: a phone has no room for columns. */
function alertText(alert: Alert): string {
  const lines = [`*${escaped(titleOf(alert))}*`, escaped(alert.summary)];
  for (const { label, text, url } of facts(alert)) {
    const shown = clip(escaped(text), 500);
    lines.push(`${label}: ${url === undefined ? shown : `<${url}|${shown}>`}`);
  }
  lines.push(`\`${alert.fingerprint}\``);
  return lines.join("\n");
}

/** Slack reads these three as markup. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
