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
  /** Which prompts and which model wrote the texts, for those who look into one later. */
  readonly madeWith: string;
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
const markdown = new Eta({ autoEscape: false, autoTrim: false });
const renderHtml = html.compile(read("report.html.eta"));
const renderMarkdown = markdown.compile(read("report.md.eta"));

/** Fills both templates. */
export function renderReport(data: ReportData): Report {
  const approved = data.approvals.map(({ step, by }) => (by === undefined ? step : `${step} by ${by}`)).join(", ");
  return {
    number: data.number,
    markdown: renderMarkdown.call(markdown, {
      ...data,
      approved,
      sections: sectionTable(data),
      quoted: quote(data.transcript),
    }),
    html: renderHtml.call(html, { ...data, approved }),
  };
}

// Markdown is sensitive to blank lines, so its table and its quotation are put together here and not in the template.
function sectionTable({ violations, unchecked }: ReportData): string {
  const rows = violations.map(({ act, section, title }) => `| ${act} | ${section} | ${title} |`);
  const found =
    rows.length === 0
      ? "No section was found to apply. The officer in charge decides."
      : ["| Act | Section | Offence |", "|---|---|---|", ...rows].join("\n");
  if (unchecked.length === 0) return found;
  const ids = unchecked.map((section) => section.id).join(", ");
  return `${found}\n\n> Not checked, because the check failed or took too long: ${ids}.\n> An officer must look at these by hand.`;
}

function quote(text: string): string {
  return text
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
}
