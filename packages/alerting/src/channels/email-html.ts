import type { Alert } from "../alert.ts";
import type { Notice } from "../delivery/notice.ts";
import { facts, headline, titleOf } from "./text.ts";

const colours = { info: "#2563eb", warning: "#d97706", critical: "#dc2626", resolved: "#16a34a" } as const;

/** The notice as HTML that mail programs show: tables, styles in place, no script, nothing loaded from elsewhere. */
export function emailHtml(notice: Notice): string {
  const colour = colours[notice.kind === "resolved" ? "resolved" : notice.severity];
  const heading = `<h2 style="border-left:6px solid ${colour};padding-left:10px;margin:0 0 16px">${escaped(headline(notice))}</h2>`;
  const text = notice.text === undefined ? "" : `<p>${escaped(notice.text)}</p>`;
  const body = `${heading}${text}${notice.alerts.map(alertHtml).join("")}`;
  return `<!doctype html><html><body style="font-family:sans-serif;font-size:14px;color:#111;max-width:640px">${body}</body></html>`;
}

function alertHtml(alert: Alert): string {
  const rows = facts(alert).map(({ label, text, url }) => {
    const value = url === undefined ? escaped(text) : `<a href="${escaped(url)}">${escaped(text)}</a>`;
    return `<tr><td style="padding:2px 12px 2px 0;color:#555;vertical-align:top">${label}</td><td>${value}</td></tr>`;
  });
  const id = `<p style="color:#888;font-size:12px">Acknowledge or silence: ${alert.fingerprint}</p>`;
  return `<h3 style="margin:16px 0 4px">${escaped(titleOf(alert))}</h3><p style="margin:0 0 6px">${escaped(alert.summary)}</p><table>${rows.join("")}</table>${id}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
