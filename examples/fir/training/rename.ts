import type { Complaint } from "../src/data.ts";
import type { Random, Tools } from "./tools.ts";

type Told = Pick<Complaint, "text" | "summary" | "facts">;

/**
 * The same complaint about other people, on another date and in another place: what is learnt from it is then how to
 * copy what a text says, not what this one said.
 */
export function renamed(complaint: Complaint, tools: Tools, random: Random): Told {
  const { values } = tools;
  const { facts } = complaint;
  const swaps: [string, string][] = [];
  const swap = (from: string, to: string): void => {
    if (from !== "" && complaint.text.includes(from)) swaps.push([from, to]);
  };
  swap(facts.date, values.date(random));
  if (/^\d/.test(facts.time)) swap(facts.time, values.time(random));
  if (!/[ ,]at | near /.test(facts.place)) swap(facts.place, values.place(random));
  swap(facts.loss, values.rupees(random));
  for (const name of [facts.complainant, facts.accused].filter((value) => /^([A-Z][a-z]+ ?)+$/.test(value))) {
    const other = values.person(random).split(" ");
    const parts = name.split(" ");
    // Whole names first, then first and last names where the text uses one alone.
    swap(name, parts.length === 1 ? (other[0] ?? "") : other.join(" "));
    if (parts.length > 1) {
      swap(parts[0] ?? "", other[0] ?? "");
      swap(parts.at(-1) ?? "", other.at(-1) ?? "");
    }
  }
  const apply = (text: string): string => swaps.reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
  return {
    text: apply(complaint.text),
    summary: apply(complaint.summary),
    facts: Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, apply(value)])) as Told["facts"],
  };
}
