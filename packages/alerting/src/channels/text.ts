import type { Alert } from "../alert.ts";
import type { Notice, NoticeKind } from "../delivery/notice.ts";
import { rounded } from "../words.ts";

const headings: Readonly<Record<NoticeKind, string>> = {
  firing: "Firing",
  escalated: "Worse",
  repeat: "Still firing",
  resolved: "Resolved",
  watchdog: "Watchdog",
  test: "Test",
};

/** The notice in one line: `Firing (critical): run-latency, 2 more`. */
export function headline({ kind, severity, alerts, possibleRepeat }: Notice): string {
  const [first] = alerts;
  const repeat = possibleRepeat ? " (possible repeat)" : "";
  if (!first) return `${headings[kind]}: alerting works${repeat}`;
  const more = alerts.length > 1 ? `, ${alerts.length - 1} more` : "";
  const level = kind === "resolved" ? "" : ` (${severity})`;
  return `${headings[kind]}${level}: ${titleOf(first)}${more}${repeat}`;
}

export function titleOf({ name, labels }: Alert): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return parts.length === 0 ? name : `${name} [${parts.join(", ")}]`;
}

/** What to know of an alert, line by line: what is wrong, the figures, since when, where to look, what to do. */
export function facts(alert: Alert): { readonly label: string; readonly text: string; readonly url?: string }[] {
  const { trace, runbook, endedAt } = alert;
  const lines: { label: string; text: string; url?: string }[] = [
    { label: "Measured", text: alert.text },
    { label: "Since", text: timeText(alert.firedAt) },
  ];
  if (endedAt !== undefined) {
    lines.push({ label: "Ended", text: `${timeText(endedAt)}, after ${durationText(endedAt - alert.firedAt)}` });
  }
  if (trace) {
    const text = `${trace.why} request, ${rounded(trace.durationMs / 1000)} s: ${trace.traceId}`;
    lines.push({ label: "Trace", text, ...(trace.url === undefined ? {} : { url: trace.url }) });
  }
  if (runbook !== undefined) {
    lines.push({ label: "Runbook", text: runbook, ...(/^https?:/.test(runbook) ? { url: runbook } : {}) });
  }
  return lines;
}

/** The whole notice as plain text. */
export function plainText(notice: Notice): string {
  const lines = [headline(notice)];
  if (notice.text !== undefined) lines.push("", notice.text);
  for (const alert of notice.alerts) {
    lines.push("", `${titleOf(alert)}: ${alert.summary}`);
    for (const { label, text, url } of facts(alert)) {
      lines.push(`  ${label}: ${text}${url === undefined || url === text ? "" : ` ${url}`}`);
    }
    lines.push(`  Acknowledge or silence: ${alert.fingerprint}`);
  }
  return lines.join("\n");
}

export function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export function durationText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${rounded(minutes / 60)} h`;
}

/** At most `most` characters, the last of them an ellipsis when something was cut. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
