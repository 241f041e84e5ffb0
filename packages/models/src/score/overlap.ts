import { normalised, wordsOf } from "./words.ts";

/** 1 when both texts are the same to the letter. */
export function exactMatch(answer: string, gold: string): number {
  return answer === gold ? 1 : 0;
}

/** 1 when both are the same but for case, punctuation, spacing and character form. */
export function normalisedMatch(answer: string, gold: string): number {
  return normalised(answer) === normalised(gold) ? 1 : 0;
}

/** Harmonic mean of the precision and recall of words, each word counted as often as it occurs (SQuAD's F1). Symmetric. */
export function tokenF1(answer: string, gold: string): number {
  const [given, wanted] = [wordsOf(answer), wordsOf(gold)];
  if (given.length === 0 || wanted.length === 0) return normalisedMatch(answer, gold);
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of given) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    shared++;
  }
  return (2 * shared) / (given.length + wanted.length);
}

/** Words of each text that `rougeL` looks at; its work grows with the product. */
const longest = 2000;

/**
 * F1 of the longest common subsequence of words (ROUGE-L with beta 1, Lin 2004): like `tokenF1`, but words count only
 * in the same order. Symmetric. Of longer texts the first 2,000 words count.
 */
export function rougeL(answer: string, gold: string): number {
  const given = wordsOf(answer).slice(0, longest);
  const wanted = wordsOf(gold).slice(0, longest);
  if (given.length === 0 || wanted.length === 0) return normalisedMatch(answer, gold);
  return (2 * commonSubsequence(given, wanted)) / (given.length + wanted.length);
}

/** Length of the longest common subsequence, one row of the table at a time. */
function commonSubsequence(given: readonly string[], wanted: readonly string[]): number {
  const row = new Uint16Array(wanted.length + 1);
  for (const word of given) {
    let diagonal = 0;
    for (let column = 1; column <= wanted.length; column++) {
      const above = row[column] as number;
      row[column] = wanted[column - 1] === word ? diagonal + 1 : Math.max(above, row[column - 1] as number);
      diagonal = above;
    }
  }
  return row[wanted.length] as number;
}
