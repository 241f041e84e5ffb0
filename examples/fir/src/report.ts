import { readFileSync } from "node:fs";
import { Eta } from "eta";
import type { Section } from "./data.ts";

/** Everything that a report shows. */
export interface ReportData {
  readonly number: string;
  readonly station: string;
  /** A date for people. */
  readonly receivedAt: string;
  readonly transcript: string;
  readonly summary: string;
  readonly narrative: string;
  readonly violations: readonly Section[];
  /** Sections whose check failed or timed out: an officer must look at them. */
  readonly unchecked: readonly Section[];
  readonly approvals: readonly { readonly step: string; readonly by?: string | undefined }[];
}

export interface Report {
  readonly number: string;
  readonly markdown: string;
  readonly html: string;
}

const templates = new URL("../templates/", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, templates), "utf8");
// Complaints are strangers' text: the HTML template escapes everything that it prints.
const html = new Eta({ autoEscape: true });
const markdown = new Eta({ autoEscape: false });
const renderHtml = html.compile(read("report.html.eta"));
const renderMarkdown = markdown.compile(read("report.md.eta"));

/** Fills both templates. */
export function renderReport(data: ReportData): Report {
  return {
    number: data.number,
    markdown: renderMarkdown.call(markdown, data),
    html: renderHtml.call(html, data),
  };
}
