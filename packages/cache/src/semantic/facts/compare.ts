import type { Reading } from "./read.ts";

/** On what two questions disagree. */
export type Disagreement = "quantity" | "name" | "negation" | "qualifier" | "question" | "scope" | "word" | "order";

/** Up to so many words put in the place of as many others, the questions are one pattern filled in differently. */
const fewWords = 2;
const opposing = /^(?:un|in|im|il|ir|dis|non|anti|de|mis|a)$/;

/** The first thing on which the questions disagree; undefined when nothing says that they differ. */
export function compareReadings(asked: Reading, cached: Reading): Disagreement | undefined {
  if (!sameList(asked.quantities, cached.quantities)) return "quantity";
  if (!sameNames(asked, cached)) return "name";
  if (!sameList([...asked.negated].sort(), [...cached.negated].sort())) return "negation";
  if (!sameSet(asked.decisive, cached.decisive)) return "qualifier";
  if (!sameQuestion(asked, cached)) return "question";
  const onlyAsked = without(asked.content, cached.content);
  const onlyCached = without(cached.content, asked.content);
  if (opposed(onlyAsked, onlyCached)) return "negation";
  if (onlyAsked.length === 0 && onlyCached.length === 0) {
    if (!sameList(asked.content, cached.content)) return "order";
  } else if (onlyAsked.length === 0 || onlyCached.length === 0) return "scope";
  else if (Math.max(onlyAsked.length, onlyCached.length) <= fewWords) return "word";
  return sameDirections(asked, cached) ? undefined : "order";
}

/** Every name of one is a word of the other, however written, and they come in one order. */
function sameNames(asked: Reading, cached: Reading): boolean {
  const names = new Set([...asked.names, ...cached.names]);
  if (names.size === 0) return true;
  const inOrder = (reading: Reading): string[] => [...new Set(reading.all.filter((word) => names.has(word)))];
  return sameList(inOrder(asked), inOrder(cached));
}

function sameQuestion(asked: Reading, cached: Reading): boolean {
  return (
    sameSet(asked.asked, cached.asked) &&
    samePersons(asked.persons, cached.persons) &&
    compatible(asked.tenses, cached.tenses) &&
    compatible(asked.modalities, cached.modalities)
  );
}

/** "Is he older than her" and "is she older than him" name the same two, the other way round. */
const samePersons = (some: ReadonlySet<string>, others: ReadonlySet<string>): boolean =>
  some.size === 0 || others.size === 0 || sameList([...some], [...others]);

/** A word before which one says "from" and the other "to". */
function sameDirections(asked: Reading, cached: Reading): boolean {
  for (const [word, direction] of asked.directions) {
    if ((cached.directions.get(word) ?? direction) !== direction) return false;
  }
  return true;
}

/** "legal" on one side and "illegal" on the other. */
function opposed(some: readonly string[], others: readonly string[]): boolean {
  const prefixed = (long: string, short: string): boolean =>
    long.endsWith(short) && opposing.test(long.slice(0, -short.length));
  return some.some((one) => others.some((other) => prefixed(one, other) || prefixed(other, one)));
}

/** What neither says cannot be contradicted: "my password" and "the password" may be the same. */
const compatible = (some: ReadonlySet<string>, others: ReadonlySet<string>): boolean =>
  some.size === 0 || others.size === 0 || sameSet(some, others);

const sameSet = (some: ReadonlySet<string>, others: ReadonlySet<string>): boolean =>
  some.size === others.size && [...some].every((one) => others.has(one));

const sameList = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((one, index) => one === others[index]);

function without(some: readonly string[], others: readonly string[]): string[] {
  const there = new Set(others);
  return [...new Set(some)].filter((one) => !there.has(one));
}
