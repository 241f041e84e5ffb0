/**
 * The held-out complaints with their gold answers, for the evaluation of the model that ships:
 * `node --conditions=@flyball/source packages/models/tiny/evaluate.ts --extra examples/fir/training/held-out.ts`.
 * Every complaint is checked against every section, not only against those that retrieval would bring up.
 */
import { loadComplaints, loadSections } from "../src/data.ts";
import { checkPrompt, factsPrompt, narrativePrompt, sectionText, summaryPrompt, transcribe } from "../src/prompts.ts";
import { narrativeOf } from "./corpus.ts";

export function* records() {
  const sections = loadSections();
  for (const section of sections) yield { task: "passage", passage: sectionText(section) };
  for (const { id, heldOut, text, summary, facts, keyFacts, violations } of loadComplaints(sections)) {
    if (!heldOut) continue;
    const complaint = transcribe(text);
    const met = sections.filter((section) => violations.includes(section.id));
    const record = { group: id };
    for (const section of sections) {
      const answer = met.includes(section) ? "yes" : "no";
      yield { ...record, task: "fir check", messages: checkPrompt(complaint, section), answer };
    }
    yield { ...record, task: "fir facts", messages: factsPrompt(complaint), answer: JSON.stringify(facts) };
    yield { ...record, task: "fir summary", messages: summaryPrompt(complaint), answer: summary, mentions: keyFacts };
    const input = { complainant: facts.complainant, summary, sections: met };
    yield { ...record, task: "fir narrative", messages: narrativePrompt(input), answer: narrativeOf(input) };
    for (const section of met)
      yield { task: "embed", query: complaint, passage: sectionText(section), label: section.id, also: [] };
  }
}
