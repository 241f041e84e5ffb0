import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { type Facts, factNames } from "./prompts.ts";

/** One section of a statute: public facts in our own words. */
export interface Section {
  readonly id: string;
  /** Full name of the act. */
  readonly act: string;
  readonly actShort: string;
  /** As cited: "304(2)", "66C". */
  readonly section: string;
  readonly title: string;
  readonly description: string;
  readonly keywords: readonly string[];
}

/** A complaint with what a good answer to it contains. */
export interface Complaint {
  readonly id: string;
  readonly text: string;
  /** Kept out of the training of the model that ships; measurements use these. */
  readonly heldOut: boolean;
  /** Ids of the sections that it falls under. */
  readonly violations: readonly string[];
  readonly summary: string;
  readonly facts: Facts;
  /** What a summary must mention: each entry lists spellings of which one is enough. */
  readonly keyFacts: readonly (readonly string[])[];
}

const dataFolder = fileURLToPath(new URL("../data/", import.meta.url));
const word = z.string().trim().min(1);

const statutes = z.object({
  acts: z.record(z.string(), z.object({ name: word, short: word })),
  sections: z.array(
    z.strictObject({
      id: word,
      act: word,
      section: word,
      title: word,
      description: word,
      keywords: z.array(word).min(1),
    }),
  ),
});

const complaintHead = z.strictObject({
  id: word,
  heldOut: z.boolean().default(false),
  violations: z.array(word).min(1),
  summary: word,
  facts: z.strictObject(
    Object.fromEntries(factNames.map((name) => [name, z.string()])) as Record<keyof Facts, z.ZodString>,
  ),
  keyFacts: z.array(z.array(word).min(1)).min(1),
});

/** The statute sections. Throws when the file does not have the expected shape or an id appears twice. */
export function loadSections(path: string = join(dataFolder, "statutes.yaml")): Section[] {
  const { acts, sections } = read(path, statutes, readFileSync(path, "utf8"));
  unique(path, sections);
  return sections.map((section) => {
    const act = acts[section.act];
    if (act === undefined) throw new Error(`${path}: ${section.id} names the unknown act "${section.act}"`);
    return { ...section, act: act.name, actShort: act.short };
  });
}

/**
 * The complaints: Markdown files with their gold answers as front matter, in order of file name. Throws when a file
 * does not have the expected shape or names a section that `sections` lacks.
 */
export function loadComplaints(
  sections: readonly Section[] = loadSections(),
  folder: string = join(dataFolder, "complaints"),
): Complaint[] {
  const known = new Set(sections.map(({ id }) => id));
  const complaints = readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => loadComplaint(join(folder, name), known));
  unique(folder, complaints);
  return complaints;
}

function loadComplaint(path: string, known: ReadonlySet<string>): Complaint {
  const [, head, text] =
    /^---\n([\s\S]*?)\n---\n([\s\S]+)$/.exec(readFileSync(path, "utf8").replaceAll("\r\n", "\n")) ?? [];
  if (head === undefined || text === undefined)
    throw new Error(`${path}: expected front matter between two lines "---"`);
  const gold = read(path, complaintHead, head);
  const missing = gold.violations.find((id) => !known.has(id));
  if (missing !== undefined) throw new Error(`${path}: no statute section has the id "${missing}"`);
  return { ...gold, text: text.trim() };
}

function read<T>(path: string, shape: z.ZodType<T>, yaml: string): T {
  const result = shape.safeParse(parse(yaml));
  if (!result.success) throw new Error(`${path}: ${z.prettifyError(result.error)}`);
  return result.data;
}

function unique(path: string, entries: readonly { readonly id: string }[]): void {
  const seen = new Set<string>();
  for (const { id } of entries) {
    if (seen.has(id)) throw new Error(`${path}: the id "${id}" appears twice`);
    seen.add(id);
  }
}
