import type { QualityScore } from "@flyball/telemetry";
import { ScoreUnavailableError } from "./errors.ts";
import type { Scorer } from "./types.ts";
import { wordsOf } from "./words.ts";

// Heuristics judge without a gold answer, so they see form and not truth. An answer without words scores 0 in all of
// them: saying nothing is not a way to make no mistakes.

function heuristic(name: string, judge: (answer: string) => Omit<QualityScore, "name">): Scorer {
  return {
    name,
    score: async ({ answer }) =>
      wordsOf(answer).length === 0 ? { name, score: 0, label: "empty" } : { name, ...judge(answer) },
  };
}

/** 1 for an answer of `min` to `max` words; outside, the ratio to the nearer bound. */
export function lengthScorer(bounds: { readonly min: number; readonly max: number }): Scorer {
  return heuristic("length", (answer) => {
    const words = wordsOf(answer).length;
    if (words < bounds.min) return { score: words / bounds.min, label: "short" };
    if (words > bounds.max) return { score: bounds.max / words, label: "long" };
    return { score: 1, label: "fits" };
  });
}

/** The share of named checks that hold; the explanation names those that do not. A check that throws does not hold. */
export function formatScorer(checks: Readonly<Record<string, (answer: string) => boolean>>): Scorer {
  const named = Object.entries(checks);
  return heuristic("format", (answer) => {
    const broken = named.filter(([, holds]) => !holdsSafely(holds, answer)).map(([name]) => name);
    const score = named.length === 0 ? 1 : 1 - broken.length / named.length;
    return broken.length === 0 ? { score } : { score, explanation: `broken: ${broken.join(", ")}` };
  });
}

function holdsSafely(holds: (answer: string) => boolean, answer: string): boolean {
  try {
    return holds(answer);
  } catch {
    return false;
  }
}

/** The share of three-word sequences that are not repeats of an earlier one; a model that loops falls towards 0. */
export function repetitionScorer(): Scorer {
  return heuristic("repetition", (answer) => {
    const words = wordsOf(answer);
    if (words.length < 3) return { score: new Set(words).size / words.length };
    const sequences = words.slice(2).map((word, index) => `${words[index]} ${words[index + 1]} ${word}`);
    return { score: new Set(sequences).size / sequences.length };
  });
}

/**
 * The share of the numbers and names in the answer that the source has too: what a model made up is seldom there.
 * Names are capitalised words that do not begin a sentence, so scripts without capitals are judged by numbers alone.
 * An answer without either scores 1. Needs `source`.
 */
export function groundingScorer(): Scorer {
  const name = "grounding";
  return {
    name,
    async score(sample) {
      const { source } = sample;
      if (source === undefined) throw new ScoreUnavailableError(name, "the sample has no source");
      return heuristic(name, (answer) => {
        const known = new Set([...wordsOf(source), ...numbersIn(source)]);
        const facts = [...new Set([...numbersIn(answer), ...namesIn(answer)])];
        const missing = facts.filter((fact) => !known.has(fact)).length;
        if (missing === 0) return { score: 1 };
        // Counts only: the words themselves are content.
        return {
          score: 1 - missing / facts.length,
          explanation: `${missing} of ${facts.length} numbers and names are not in the source`,
        };
      }).score(sample);
    },
  };
}

/** Numbers in one form: no thousands commas, no leading or trailing zeros. Numbers of list items are left out. */
function numbersIn(text: string): string[] {
  const found = text.replaceAll(/^\s*\d+[.)]\s/gm, "").match(/\d(?:[\d,]*\d)?(?:\.\d+)?/g) ?? [];
  return found.map((digits) => String(Number(digits.replaceAll(",", ""))));
}

function namesIn(text: string): string[] {
  const found = text.match(/(?<=[\p{Ll}\p{N},;:)]["'’)]?\s+["'‘(]?)\p{Lu}[\p{L}\p{M}]+/gu) ?? [];
  return found.flatMap(wordsOf);
}
