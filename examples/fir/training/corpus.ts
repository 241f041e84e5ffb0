/**
 * The FIR example's share of the training corpus of the model that ships:
 * `node packages/models/tiny/corpus.ts --extra examples/fir/training/corpus.ts --out corpus.jsonl`.
 * Complaints are invented from `incidents/*.txt`; of those in `data/complaints` only the ones that are not held out
 * are taken.
 */
import { type Complaint, loadComplaints, loadSections, type Section } from "../src/data.ts";
import {
  checkPrompt,
  type Facts,
  factsPrompt,
  type NarrativeInput,
  narrativePrompt,
  offencesPrompt,
  sectionLabel,
  sectionText,
  summaryPrompt,
  titlePrompt,
  transcribe,
} from "../src/prompts.ts";
import { compose, note } from "./compose.ts";
import { type Incident, loadIncidents } from "./incidents.ts";
import { renamed } from "./rename.ts";
import type { Random, Tools, TrainingRecord } from "./tools.ts";

type TrainingMessages = ReturnType<typeof summaryPrompt>;

/** A text with its answers, wherever it comes from. */
interface Case {
  readonly text: string;
  readonly title?: string;
  readonly summary: string;
  readonly facts: Facts;
  readonly violations: readonly string[];
  readonly arguable: readonly string[];
  readonly denied: readonly string[];
}

export function* records(
  tools: Tools,
  { seed, scale }: { readonly seed: number; readonly scale: number },
): Generator<TrainingRecord> {
  const random = tools.createRandom(seed + 1);
  const sections = loadSections();
  const incidents = loadIncidents();
  const byMainSection = Map.groupBy(incidents, (incident) => incident.sections[0] ?? "");
  const known = loadComplaints(sections).filter(({ heldOut }) => !heldOut);
  for (let index = 0; index < 8000 * scale; index++) {
    const noted = note(tools, random, draw(incidents, index, random));
    yield* match({ ...noted, denied: [] }, `note ${index}`, sections, random);
  }
  for (let index = 0; index < 7000 * scale; index++) {
    yield* ask(compose(tools, random, draw(incidents, index, random)), `invented ${index}`, sections, random);
  }
  for (let round = 0; round < 40 * scale; round++) {
    for (const complaint of known)
      yield* ask(asCase(complaint, byMainSection, tools, random), `${complaint.id} ${round}`, sections, random);
  }
}

/** Every incident in turn, so that rare sections are met as often as common ones; often with a second or third. */
function draw(incidents: readonly Incident[], index: number, random: Random): Incident[] {
  const first = incidents[index % incidents.length];
  const others = random.sample(incidents, random.pick([0, 0, 0, 0, 1, 1, 1, 2]));
  return [...(first === undefined ? [] : [first]), ...others.filter((other) => other !== first)];
}

function asCase(
  complaint: Complaint,
  incidents: ReadonlyMap<string, readonly Incident[]>,
  tools: Tools,
  random: Random,
): Case {
  const { text, summary, facts } = renamed({ ...complaint, text: transcribe(complaint.text) }, tools, random);
  return {
    text,
    summary,
    facts,
    violations: complaint.violations,
    arguable: complaint.violations.flatMap((id) => incidents.get(id) ?? []).flatMap((incident) => incident.arguable),
    denied: [],
  };
}

/** Which offences a text describes: by name, and section by section. */
function* match(
  given: Pick<Case, "text" | "violations" | "arguable" | "denied"> & Partial<Pick<Case, "summary">>,
  group: string,
  sections: readonly Section[],
  random: Random,
): Generator<TrainingRecord> {
  const record = (task: string, messages: TrainingMessages, answer: string, weight = 1): TrainingRecord => ({
    task,
    group,
    messages,
    answer,
    weight,
  });
  const asked = random.sample(sections, sections.length);
  const met = asked.filter(({ id }) => given.violations.includes(id));
  const open = asked.filter(({ id }) => !given.violations.includes(id) && !given.arguable.includes(id));
  const denied = open.filter(({ id }) => given.denied.includes(id)).slice(0, 1);
  // What retrieval would bring up beside the right ones: sections with whose words the text shares some.
  const near = open.filter((section) => shares(given.text, section)).slice(0, 3);
  const far = open.slice(0, 2);
  for (const section of met) yield record("check", checkPrompt(given.text, section), "yes", 4);
  for (const section of new Set([...denied, ...near, ...far]))
    yield record("check", checkPrompt(given.text, section), "no", 4);
  const named = given.violations.flatMap((violation) => met.find(({ id }) => id === violation)?.title ?? []);
  yield record("offences", offencesPrompt(given.text), named.join("; "), 2);
  const main = random.pick(met);
  const query = given.summary !== undefined && random.chance(0.4) ? given.summary : given.text;
  const also = [...given.violations, ...given.arguable];
  yield { task: "embed", query, passage: sectionText(main), label: main.id, also };
}

function* ask(given: Case, group: string, sections: readonly Section[], random: Random): Generator<TrainingRecord> {
  const record = (task: string, messages: TrainingMessages, answer: string): TrainingRecord => ({
    task,
    group,
    messages,
    answer,
  });
  yield* match(given, group, sections, random);
  const met = sections.filter(({ id }) => given.violations.includes(id));
  yield record("facts", factsPrompt(given.text), JSON.stringify(given.facts));
  yield record("summary", summaryPrompt(given.text), given.summary);
  if (given.title !== undefined) yield record("title", titlePrompt(given.text), given.title);
  if (random.chance(0.4)) yield narrative(given, met, group);
}

function narrative({ facts, summary }: Case, sections: readonly Section[], group: string): TrainingRecord {
  const input = { complainant: facts.complainant, summary, sections };
  return {
    task: "narrative",
    group: `${group} narrative`,
    messages: narrativePrompt(input),
    answer: narrativeOf(input),
  };
}

/** The narrative that the model is taught to write. */
export function narrativeOf({ complainant, summary, sections }: NarrativeInput): string {
  const labels = sections.map(sectionLabel);
  const listed =
    labels.length > 1 ? `${labels.slice(0, -1).join(", ")} and ${labels.at(-1)}` : (labels[0] ?? "no section");
  return `The complainant ${complainant} states: ${summary} The facts fall under ${listed}.`;
}

function shares(text: string, section: Section): boolean {
  const lower = text.toLowerCase();
  return section.keywords.some((keyword) => lower.includes(keyword.toLowerCase()));
}
