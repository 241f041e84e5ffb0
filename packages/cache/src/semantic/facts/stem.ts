import { synonyms } from "./vocabulary.ts";

const vowel = /[aeiouy]/;

/**
 * A word without its commonest English endings: "files" and "file", "opened" and "opening" become one. Short words
 * stay, because "news" is not several of "new". It need not be a word; it need only be the same for both questions.
 */
export function stem(word: string): string {
  const bare = singular(word);
  for (const ending of ["ing", "ed"]) {
    const root = bare.slice(0, -ending.length);
    if (bare.endsWith(ending) && root.length >= 3 && vowel.test(root)) {
      return withoutE(/([^aeiouls])\1$/.test(root) ? root.slice(0, -1) : root);
    }
  }
  return withoutE(bare);
}

function singular(word: string): string {
  if (word.length <= 4 || !word.endsWith("s") || /(?:ss|us|is)$/.test(word)) return word;
  if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  return /(?:ch|sh|x|ss|z)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1);
}

const withoutE = (word: string): string => (word.length > 4 && word.endsWith("e") ? word.slice(0, -1) : word);

/** Maps a word to the one that stands for it and its synonyms, stemmed. */
export function canonicaliser(extra: readonly (readonly string[])[]): (word: string) => string {
  const canonical = new Map<string, string>();
  for (const [first = "", ...others] of [...synonyms, ...extra]) {
    const kept = canonical.get(stem(first.toLowerCase())) ?? stem(first.toLowerCase());
    for (const other of [first, ...others]) canonical.set(stem(other.toLowerCase()), kept);
  }
  return (word) => {
    const root = stem(word);
    return canonical.get(root) ?? root;
  };
}
