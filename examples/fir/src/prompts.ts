import type { Message } from "@flyball/models";
import type { Section } from "./data.ts";

/**
 * Names this wording. It belongs into every cache key and trace: an answer to other words is another answer, and the
 * model that ships is trained on exactly these.
 */
export const promptVersion = "fir-1";

/** Most characters of a complaint that reach a model, so that the longest prompt stays within 2048 tokens. */
export const complaintLimit = 4500;

/**
 * One system message and the complaint come first in every prompt about a complaint, the task comes last: all steps of
 * one document share their beginning, which a prefix cache then computes once.
 */
const system: Message = { role: "system", content: "You help a police desk. Use only the text." };

function about(complaint: string, task: string): Message[] {
  return [system, { role: "user", content: `Complaint: ${clip(complaint)}\n\n${task}` }];
}

/** Cuts at the end of a word. */
function clip(text: string): string {
  if (text.length <= complaintLimit) return text;
  const cut = text.lastIndexOf(" ", complaintLimit);
  return text.slice(0, cut > 0 ? cut : complaintLimit);
}

/**
 * Puts what was spoken or typed into one plain paragraph: line breaks, doubled spaces and typographic marks go. A small
 * model would lose words here, so no model does it; it is also what a prompt expects as `complaint`.
 */
export function transcribe(raw: string): string {
  return raw
    .normalize("NFC")
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/[\u2013\u2014]/g, "-")
    .replace(/\s+/g, " ")
    .trim();
}

/** A heading of a few words for the transcript. */
export function titlePrompt(complaint: string): Message[] {
  return about(complaint, "Task: Give a short title.");
}

/** Who did what to whom, when and where, in one to three sentences. */
export function summaryPrompt(complaint: string): Message[] {
  return about(complaint, "Task: Write a short summary.");
}

/** The offences that the text describes, by the titles of their sections, separated by semicolons. */
export function offencesPrompt(complaint: string): Message[] {
  return about(complaint, "Task: Name the offences.");
}

export const factNames = ["complainant", "accused", "date", "time", "place", "property", "loss"] as const;
export type FactName = (typeof factNames)[number];

/** What the text says of each; empty when it says nothing. `loss` is an amount in rupees as written. */
export type Facts = Readonly<Record<FactName, string>>;

/** For structured output: every fact, in the order in which the prompt names them. */
export const factsSchema = {
  name: "facts",
  schema: {
    type: "object",
    properties: Object.fromEntries(factNames.map((name) => [name, { type: "string", maxLength: 80 }])),
    required: [...factNames],
    additionalProperties: false,
  },
} as const;

/** The facts as JSON of `factsSchema`. */
export function factsPrompt(complaint: string): Message[] {
  return about(complaint, `Task: Give JSON with ${factNames.join(", ")}. Leave unknown values empty.`);
}

/** Whether the complaint describes the offence of one section: the answer is `yes` or `no`. */
export function checkPrompt(complaint: string, section: Section): Message[] {
  const offence = `${section.title}. ${section.description} (${section.keywords.join(", ")})`;
  return about(complaint, `Task: Does the text describe this offence? Answer yes or no.\nOffence: ${offence}`);
}

/** Reads a check's answer; `undefined` when it is neither yes nor no. */
export function readCheck(answer: string): boolean | undefined {
  const word = /^\W*(yes|no)\b/i.exec(answer)?.[1]?.toLowerCase();
  return word === undefined ? undefined : word === "yes";
}

export interface NarrativeInput {
  readonly complainant: string;
  /** As approved: an officer's corrections reach the report through it. */
  readonly summary: string;
  readonly sections: readonly Section[];
}

/** The paragraph of the report that states the case and the sections it falls under. */
export function narrativePrompt({ complainant, summary, sections }: NarrativeInput): Message[] {
  const labels = sections.map(sectionLabel).join("; ");
  const content = `Complainant: ${complainant}\nSummary: ${summary}\nSections: ${labels || "none"}\n\nTask: Write the narrative.`;
  return [system, { role: "user", content }];
}

/** How a report cites a section: "BNS 304(2) Snatching". */
export function sectionLabel(section: Section): string {
  return `${section.actShort} ${section.section} ${section.title}`;
}

/** What a section's embedding is made of; the query beside it is a summary. */
export function sectionText(section: Section): string {
  return `${section.title}. ${section.description} ${section.keywords.join(", ")}`;
}
