import { readQuantities } from "./facts/quantities.ts";
import { stem } from "./facts/stem.ts";
import { tokenise } from "./facts/tokens.ts";
import { fillers, negations } from "./facts/vocabulary.ts";

/** The share of their words that two answers must have in common. */
const enoughInCommon = 0.8;

/**
 * Whether two answers say the same, by their words: the same numbers and negations, and at least 80 % of the content
 * words in common (Sørensen–Dice). Strict with models that phrase freely: it then overstates how often a hit would
 * have been wrong, and a `compare` of your own, by embeddings or by a judge, says more.
 */
export function answersAgree(wouldBe: string, real: string): boolean {
  if (wouldBe === real) return true;
  const [some, others] = [factsOf(wouldBe), factsOf(real)];
  if (some.facts.size !== others.facts.size || common(some.facts, others.facts) < some.facts.size) return false;
  const shared = common(some.words, others.words);
  return 2 * shared >= enoughInCommon * (some.words.size + others.words.size);
}

function common(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let count = 0;
  for (const one of some) if (others.has(one)) count++;
  return count;
}

function factsOf(text: string) {
  const { values, rest } = readQuantities(tokenise(text));
  const facts = new Set(values);
  const words = new Set<string>();
  for (const token of rest) {
    const word = token.type === "word" ? token.word : token.value;
    if (negations.has(word)) facts.add("not");
    else if (!fillers.has(word)) words.add(stem(word));
  }
  return { facts, words };
}
