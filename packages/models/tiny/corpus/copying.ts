import { drawValue } from "./domains.ts";
import type { Random } from "./random.ts";
import type { ChatRecord } from "./record.ts";

const slots = [
  "person",
  "place",
  "date",
  "time",
  "amount",
  "town",
  "company",
  "code",
  "staff",
  "days",
  "first",
  "good",
];
const keys =
  "name owner town place road date time amount price number code phone colour size team leader buyer seller driver witness item brand model route floor room gate bank fee rent guest teacher doctor village street office shop reason result".split(
    " ",
  );

/**
 * Repeating and looking up, in short texts. A small model needs them first: finding an earlier piece and copying what
 * follows it is what answering from a text is made of, and it is learnt sooner where nothing else is said.
 */
export function* copyRecords(random: Random, group: string): Generator<ChatRecord> {
  const value = (): string => drawValue(random.pick(slots), random);
  const repeated = Array.from({ length: random.whole(1, 4) }, value).join(", ");
  yield {
    task: "repeat",
    group: `${group} repeat`,
    answer: repeated,
    messages: [{ role: "user", content: `Repeat: ${repeated}` }],
  };

  const entries = random.sample(keys, random.whole(2, 6)).map((key) => [key, value()] as const);
  const lines = entries.map(([key, text]) => (random.chance(0.5) ? `${key}: ${text}` : `The ${key} is ${text}.`));
  const text = `Text: ${lines.join(random.pick(["\n", " "]))}`;
  const ask = (question: string, answer: string): ChatRecord => ({
    task: "lookup",
    group: `${group} lookup`,
    answer,
    messages: [{ role: "user", content: `${text}\n\n${question}` }],
  });
  for (const [key, found] of random.sample(entries, 2)) yield ask(`Question: What is the ${key}?`, found);
  const wanted = random.sample(entries, random.whole(1, 4));
  const names = wanted.map(([key]) => key).join(", ");
  yield ask(`Task: Give JSON with ${names}. Leave unknown values empty.`, JSON.stringify(Object.fromEntries(wanted)));
}
