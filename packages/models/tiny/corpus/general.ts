import { type Domain, domains, drawValue, type Fact } from "./domains.ts";
import { expand, type Slots } from "./expand.ts";
import type { Random } from "./random.ts";
import type { ChatRecord, CorpusRecord } from "./record.ts";

const systems = [
  "Answer from the text only. Be short.",
  "You are a helpful assistant. Use only the text.",
  "Use the text to do the task.",
];

const names: Record<string, string> = {
  person: "person",
  guest: "writer",
  year: "year",
  town: "town",
  staff: "count",
  amount: "amount",
  percent: "growth",
  rival: "competitor",
  cause: "cause",
  trade: "product",
  unit: "team",
  date: "date",
  due: "due",
  time: "time",
  good: "product",
  code: "number",
  price: "price",
  days: "duration",
  place: "place",
};

/** A text about one subject, then every task that can be asked of it; all of a group's prompts start with the text. */
export function* textRecords(random: Random, group: string): Generator<CorpusRecord> {
  const domain = random.pick(domains);
  const slots: Slots = {};
  const write = (template: string): string => expand(template, random, slots, (name) => drawValue(name, random));
  const opening = write(random.pick(domain.opens));
  const said = random.sample(
    domain.facts.filter((fact) => fact.says.length > 0),
    random.whole(2, 6),
  );
  const body = said.map((fact) => write(random.pick(fact.says)));
  const asides = random.sample(domain.asides, random.whole(0, 3)).map(write);
  const text = [opening, ...random.sample([...body, ...asides], 99)].join(" ");
  const system = random.pick(systems);
  const record = (task: string, question: string, answer: string, weight = 1): ChatRecord => ({
    task,
    group,
    weight,
    answer,
    messages: [
      { role: "system", content: system },
      { role: "user", content: `Text: ${text}\n\n${question}` },
    ],
  });
  const known = domain.facts.filter(
    (fact) => said.includes(fact) || (fact.says.length === 0 && slots[fact.slot] !== undefined),
  );
  const unknown = domain.facts.filter((fact) => !known.includes(fact));
  for (const fact of random.sample(known, 3))
    yield record("question", `Question: ${ask(fact, write)}`, write(random.pick(fact.answers)));
  for (const fact of random.sample(unknown, 1))
    yield record("question", `Question: ${ask(fact, write)}`, "The text does not say.");
  yield record("extract", ...extraction(domain, known, slots, random));
  yield record("summarise", "Task: Write a short summary.", summary(opening, known, write, random));
}

function ask(fact: Fact, write: (template: string) => string): string {
  // Names of the subject may be missing from the text: then the question must not invent them.
  return write(fact.asks.find((template) => !template.includes("<")) ?? fact.asks[0] ?? "");
}

function extraction(domain: Domain, known: readonly Fact[], slots: Slots, random: Random): [string, string] {
  const wanted = random.sample(domain.facts, random.whole(2, 4));
  const entries = wanted.map((fact) => [
    names[fact.slot] ?? fact.slot,
    known.includes(fact) ? (slots[fact.slot] ?? "") : "",
  ]);
  const keys = entries.map(([key]) => key).join(", ");
  return [`Task: Give JSON with ${keys}. Leave unknown values empty.`, JSON.stringify(Object.fromEntries(entries))];
}

function summary(opening: string, known: readonly Fact[], write: (template: string) => string, random: Random): string {
  const rest = known.filter((fact) => fact.says.length > 0).slice(0, 2);
  return [opening, ...rest.map((fact) => write(random.pick(fact.answers)))].join(" ");
}
