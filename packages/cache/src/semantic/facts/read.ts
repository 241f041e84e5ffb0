import { readQuantities } from "./quantities.ts";
import { stem } from "./stem.ts";
import { type Token, tokenise } from "./tokens.ts";
import {
  decisive,
  directions,
  fillers,
  interrogatives,
  modalities,
  months,
  negations,
  persons,
  tenses,
} from "./vocabulary.ts";

/** What a question says that an answer depends on. Words are canonical, in the order of the question. */
export interface Reading {
  readonly quantities: readonly string[];
  /** Words that carry content. */
  readonly content: readonly string[];
  /** Every word and literal, fillers too, for looking a name up however it is written. */
  readonly all: readonly string[];
  /** Words that are surely names: capitals inside a sentence, acronyms, addresses, code. */
  readonly names: ReadonlySet<string>;
  /** For each negation, the content word after it. */
  readonly negated: readonly string[];
  readonly decisive: ReadonlySet<string>;
  readonly asked: ReadonlySet<string>;
  /** In the order of the question. */
  readonly persons: ReadonlySet<string>;
  readonly tenses: ReadonlySet<string>;
  readonly modalities: ReadonlySet<string>;
  /** The direction that stands before a content word: "from" Rome, "to" Paris. */
  readonly directions: ReadonlyMap<string, string>;
}

type Word = Extract<Token, { type: "word" }>;

const decisiveStems: ReadonlySet<string> = new Set([...decisive].map(stem));
/** Two words that ask for one thing, beside those that do so alone. */
const askingPairs: ReadonlyMap<string, string> = new Map([
  ...(["time", "date", "day", "year", "month"] as const).flatMap((noun): [string, string][] => [
    [`what ${noun}`, "time"],
    [`which ${noun}`, "time"],
  ]),
  ["which person", "person"],
  ["what place", "place"],
  ["which place", "place"],
  ["what reason", "reason"],
  ...(["many", "much", "long", "old", "far", "often", "tall", "big"] as const).map((measure): [string, string] => [
    `how ${measure}`,
    `how ${measure}`,
  ]),
]);

export function readQuestion(text: string, canonical: (word: string) => string): Reading {
  const { values, rest } = readQuantities(tokenise(text));
  const shouting = isShouting(rest);
  const reading = emptyReading(values);
  let negating = 0;
  let direction: string | undefined;
  let before = "";
  for (const token of rest) {
    const word = token.type === "word" ? token.word : token.type === "literal" ? token.value : "";
    const root = token.type === "word" ? canonical(word) : word;
    reading.all.push(root);
    if (token.type === "word") {
      noteClasses(reading, word, before);
      if (!shouting && isName(token)) reading.names.add(root);
    } else reading.names.add(root);
    const previous = before;
    before = word;
    if (negations.has(word)) negating++;
    else direction = directions.get(word) ?? direction;
    if (negations.has(word) || (isFiller(word, previous) && !reading.names.has(root))) continue;
    if (decisiveStems.has(root) || decisive.has(word)) reading.decisive.add(root);
    // "the ingredients of hummus" are the hummus ingredients, in the order of the latter.
    reading.content.splice(direction === "of" ? -1 : reading.content.length, 0, root);
    for (; negating > 0; negating--) reading.negated.push(root);
    if (direction !== undefined) reading.directions.set(root, direction);
    direction = undefined;
  }
  for (; negating > 0; negating--) reading.negated.push("");
  return reading;
}

function emptyReading(quantities: readonly string[]) {
  return {
    quantities,
    content: [] as string[],
    all: [] as string[],
    names: new Set<string>(),
    negated: [] as string[],
    decisive: new Set<string>(),
    asked: new Set<string>(),
    persons: new Set<string>(),
    tenses: new Set<string>(),
    modalities: new Set<string>(),
    directions: new Map<string, string>(),
  };
}

function noteClasses(reading: ReturnType<typeof emptyReading>, word: string, before: string): void {
  const asked = interrogatives.get(word) ?? asksWith(before, word);
  if (asked !== undefined) reading.asked.add(asked);
  const person = persons.get(word) ?? persons.get(`${before} ${word}`);
  if (person !== undefined) reading.persons.add(person);
  const tense = tenses.get(word);
  if (tense !== undefined) reading.tenses.add(tense);
  const modality = modalities.get(word);
  // "Can you tell me" is a courtesy, not a question about what can be done.
  if (modality !== undefined) reading.modalities.add(modality);
  if (word === "you" && modalities.get(before) === "can") reading.modalities.delete("can");
}

/** Where most words are capitalised, or all letters are capitals, a capital says nothing. */
function isShouting(tokens: readonly Token[]): boolean {
  const words = tokens.filter((token): token is Word => token.type === "word");
  return words.length > 2 && words.filter(({ raw }) => startsUpper(raw)).length > words.length * 0.6;
}

function isName({ raw, word, start }: Word): boolean {
  if (word === "i") return false;
  if (raw.length > 1 && /\p{Lu}/u.test(raw.slice(1))) return true;
  return !start && startsUpper(raw) && (!fillers.has(word) || months.has(word));
}

const asksWith = (before: string, word: string): string | undefined => askingPairs.get(`${before} ${word}`);

/** "time" asks after "what", and "may" is a verb but the month after "in". */
const isFiller = (word: string, before: string): boolean =>
  asksWith(before, word) !== undefined ||
  (fillers.has(word) && !(months.has(word) && /^(?:in|of|by|since|until|during|last|next|this)$/.test(before)));

const startsUpper = (raw: string): boolean => /^\p{Lu}/u.test(raw);
