// Scripts without spaces are compared character by character, the others word by word. Combining marks belong to
// their word: without them Devanagari would fall apart at every vowel.
const word =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[[\p{L}\p{M}\p{N}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]]+/gv;

/** The words of a text as scorers compare them: NFKC, lower case, no punctuation. */
export function wordsOf(text: string): string[] {
  return text.normalize("NFKC").toLowerCase().match(word) ?? [];
}

/** A text as scorers compare it as a whole: its words, or what is left of it when it has none. */
export function normalised(text: string): string {
  const words = wordsOf(text);
  return words.length > 0 ? words.join(" ") : text.normalize("NFKC").trim();
}
